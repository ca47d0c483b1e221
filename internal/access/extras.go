package access

import (
	"encoding/json"
	"slices"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// plainFields are what a plain Profile has.
var plainFields = []string{"metadata.name", "spec.owner"}

// extrasOf names the fields of a Profile that a plain one does not have, by their place in
// the document. It goes by the document and not by the Go type, so that a field that is
// added to the API some day counts from its first day on.
func extrasOf(p *profilev1.Profile) []string {
	var document map[string]any
	text, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil {
		// Only a plugin's spec can be no JSON.
		return []string{"spec.plugins"}
	}
	var extras []string
	for part, content := range document {
		fields, _ := content.(map[string]any)
		for field, value := range fields {
			place := part + "." + field
			if !isEmpty(value) && !slices.Contains(plainFields, place) {
				extras = append(extras, place)
			}
		}
	}
	slices.Sort(extras)
	return extras
}

// isEmpty tells whether a field says nothing, as do those that are written always.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}
