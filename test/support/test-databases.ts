// Names of the databases that tests may use: the engine's accounts are granted each by name, exactly as the real one is.

/** More than a run has test files. */
export const TEST_DATABASES: readonly string[] = Array.from({ length: 256 }, (_, index) => `weighbridge_test_${index}`)
