package fapitest

// operationsTable stands in for what the generator writes, one JSON object a line: without it the server knows the
// operations that it keeps state of, and no others. This file is not copied into the generated module.
const operationsTable = ""
