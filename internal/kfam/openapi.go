package kfam

import (
	_ "embed" // for the document
	"fmt"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"
)

//go:embed openapi.yaml
var openAPISource []byte

var openAPI = sync.OnceValue(func() []byte {
	document, err := yaml.YAMLToJSON(openAPISource)
	if err != nil {
		panic(fmt.Sprintf("openapi.yaml, which is compiled in, is no YAML: %v", err))
	}
	return document
})

// OpenAPI returns the OpenAPI 3.1 document of the API, in JSON.
func OpenAPI() []byte { return slices.Clone(openAPI()) }
