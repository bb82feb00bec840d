package httpsd

// operationDoc is what the OpenAPI document says of one route.
type operationDoc struct{}
