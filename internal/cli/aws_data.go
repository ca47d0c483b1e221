package cli

import (
	"encoding/json"

	"sigs.k8s.io/yaml"
)

// printData prints what is no object of the cluster, as json or yaml.
func (e *Environment) printData(format string, data any) error {
	if format == "yaml" {
		text, err := yaml.Marshal(data)
		if err == nil {
			_, err = e.Out.Write(text)
		}
		return err
	}
	encoder := json.NewEncoder(e.Out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(data)
}
