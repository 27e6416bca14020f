// Words by which code is asked for. Weights are log-odds set on the development files (labelled/README.md). Names of
// languages and tools are the same in every language, so most of these need no translation.
import type { PhraseCue } from './cue.ts'

export const CODE_CUES: readonly PhraseCue[] = [
  {
    name: 'programming language',
    weights: { code_generation: 3.2, simple_qa: -0.4 },
    phrases: 'python|python3|javascript|typescript|java|kotlin|golang|rust function|in rust|swiftui|c++|c#|f#|php|perl script|scala|haskell|fortran|cobol|matlab|vba|bash|powershell|shell script|zsh|sql|mysql|postgres|postgresql query|sqlite|html|css|tailwind|svelte|nextjs|next js|node js|django|flask|fastapi|rails|laravel|spring boot|numpy|pandas|matplotlib|pygame|pytest|graphql|solidity|elixir|питон|питоне|파이썬|자바스크립트|パイソン|بايثون|जावास्क्रिप्ट|पाइथन'.split('|'),
  },
  {
    name: 'developer tool',
    weights: { code_generation: 2.8, simple_qa: -0.4 },
    phrases: 'git|github actions|gitlab ci|docker|dockerfile|docker compose|kubernetes|k8s|kubectl|helm chart|terraform|ansible|jenkinsfile|webpack|vite config|npm|cargo|makefile|cron expression|cronjob|systemd|nginx|curl command|curl example|jq|awk|sed|regex|regexp|regular expression|expresion regular|expression reguliere|regularer ausdruck|正则|正規表現|регулярное выражение|excel formula|google sheets formula|sheets formula|formula that|eslint|tsconfig|json schema|yaml file|openapi|codebase'.split('|'),
  },
  {
    name: 'part of a program',
    weights: { code_generation: 2.5 },
    phrases: 'a function|function that|function in|function to|functions that|class component|react component|function component|unit test|unit tests|docstring|docstrings|jsdoc|null check|stack trace|stacktrace|segmentation fault|compiler|linter|query that|this query|one liner|code snippet|api endpoint|endpoint|async await|callback|react hooks|with hooks|boilerplate|nested loop|this loop|void loop|for loop|while loop|hashmap|linked list|binary tree|binary search|return type|generic type|command handler|landing page|this code|my code|the code|code that|const|func|def|struct|null|boolean|rerender*|div|flexbox|arduino|funktion die|funktion schreib*|skript|sql abfrage|schleife|requete sql|une requete|tableau d objets|fonction en|fonction qui|consulta sql|una funcion|codigo|uma funcao|una funzione|questo codice|codice|функц*|скрипт*|код|коде|кода|запрос sql|funkcj*|zapytanie sql|skrypt|kod|funkce v|funkci v|fonksiyon|een functie|函数|代码|脚本|数组|関数|コード|スクリプト|配列|함수|코드|스크립트|دالة|كود|برنامج نصي|फ़ंक्शन|कोड'.split('|'),
  },
  {
    // Each of these means something else as well, so that two of them are needed or one with another sign.
    name: 'word that programs share',
    weights: { code_generation: 1.2 },
    phrases: 'function|functions|script|query|component|components|loop|array|tuple|imports|handler|middleware|migration that|webhook|snippet|hooks|algorithm|react|angular|vue|flutter|dart|ruby|rust|lua|swift|code|codes|program|compile|compiles|api|library|database|table|class|method|module|server|undefined|funktion|klasse|fonction|funcion|funcao|funzione|boucle|functie'.split('|'),
  },
  {
    name: 'programming verb',
    weights: { code_generation: 2.4 },
    phrases: 'refactor*|implement|implement a|debug|debugging|rerender*|optimise this|optimize this|dereferenc*|deserializ*|parse the|rename all|write a program|write a class|write tests|write a test|add types|type for|fix it|fix the bug|fix this bug|same error|the imports|make this query|convert this class|convert this method|compile error|programmier*|implementier*|refaktor*|programme en|corrige este error|implementa una|implementa un|implemente uma|реализуй|напиши программу|zaimplementuj|zaprogramuj|编程|实现一个|报错|プログラム|実装|구현|프로그램을'.split('|'),
  },
  {
    name: 'something is broken in code',
    weights: { code_generation: 2 },
    phrases: 'traceback|exception|throws|thrown|undefined is not|is not defined|is undefined|not a function|syntax error|syntaxerror|typeerror|referenceerror|keyerror|valueerror|nullpointerexception|panic|core dumped|cannot borrow|cannot find module|no such file or directory|expected received|test fail|test fails|tests fail|failing test|failing tests|console says|stack overflow|memory leak|leaked|race condition|deadlock|403|404|500 error|uncaught|bugs|bug|fehlermeldung|error en mi codigo|ошибку в этом коде|ошибка в коде|コードのエラー|エラーを直|오류를 고쳐|코드 오류'.split('|'),
  },
  // A question about a notion of the trade is no wish for code.
  {
    name: 'asks about a notion',
    weights: { code_generation: -1.2, simple_qa: 0.6 },
    phrases: ['difference between', 'what does', 'what is a', 'what is an', 'when would i', 'what are the benefits of', 'unterschied zwischen', 'difference entre', 'diferencia entre', 'differenza tra', 'diferenca entre', 'разница между', 'roznica miedzy', '区别', '違い', '차이'],
    when: (_input, shape, words) => words <= 20 && !shape.fenced && shape.symbols < 0.02,
  },
  {
    name: 'asks when or by whom a technology was made',
    weights: { code_generation: -3, factual_recall: 1.5 },
    phrases: ['in which version', 'which version of', 'default port', 'which rfc', 'who created', 'who invented', 'first released', 'who maintains', 'what year was', 'latest version of'],
  },
]
