# One image for every part: `weighbridge router`, `collector`, `secrets`, … The base only has to run npm; Node 26 comes with the package.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build:web && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app /app
RUN useradd --system --uid 10001 --create-home weighbridge && mkdir -p /data && chown weighbridge /data
USER weighbridge
VOLUME /data
ENV WEIGHBRIDGE_DATA=/data WEIGHBRIDGE_CONFIG=/config/weighbridge.yaml
ENTRYPOINT ["node", "/app/cli/bin.js"]
CMD ["--help"]
