package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// DecodeSpec reads an entry of spec.plugins, as Plan gets it, into a struct with json tags.
// It wants one JSON object that says each thing once and nothing that the struct does not
// have. Keys are read without regard to case, because Profiles in the wild are written that
// way. Nothing at all reads as an empty object. Errors name the field.
func DecodeSpec(raw []byte, into any) error {
	if len(raw) == 0 {
		return nil
	}
	if err := oneOfEachKey(raw); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType):
		return InvalidSpec(wrongType.Field, "must not be a JSON %s", wrongType.Value)
	}
	if field, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		fields := fieldsOf(into)
		return InvalidSpec(strings.Trim(field, `"`), "this plugin has no such field; it has %s", strings.Join(fields, ", "))
	}
	return InvalidSpec("spec", "cannot be read as JSON")
}

// oneOfEachKey finds keys that differ at most in case. encoding/json would take the last of
// them, and so a reader of the Profile might believe another one.
func oneOfEachKey(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return InvalidSpec("spec", "must be a JSON object")
	}
	var keys []string
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return InvalidSpec("spec", "cannot be read as JSON")
		}
		key, _ := token.(string)
		for _, earlier := range keys {
			if strings.EqualFold(earlier, key) {
				return InvalidSpec(key, "is given twice (as %s and %s); keep one of them", earlier, key)
			}
		}
		keys = append(keys, key)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return InvalidSpec(key, "cannot be read as JSON")
		}
	}
	if _, err := decoder.Token(); err != nil {
		return InvalidSpec("spec", "cannot be read as JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return InvalidSpec("spec", "must be one JSON object and nothing else")
	}
	return nil
}

// fieldsOf names the fields of the struct that a pointer leads to, as JSON has them.
func fieldsOf(into any) []string {
	var names []string
	t := reflect.TypeOf(into).Elem()
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// mostServiceAccounts keeps the records in a Profile's status far from what an object may
// hold.
const mostServiceAccounts = 64

// ServiceAccounts checks the accounts that a spec lists in its field serviceAccounts, each
// once and at most 64, and returns them; when none is listed, default-editor alone, the
// account of notebooks and pipelines. Those that do not exist are created by the controller,
// without rights of their own inside the cluster.
func ServiceAccounts(listed []string) ([]string, error) {
	if len(listed) == 0 {
		return []string{tenancy.EditorServiceAccount}, nil
	}
	if n := len(listed); n > mostServiceAccounts {
		return nil, InvalidSpec("serviceAccounts", "%d accounts are listed; there can be at most %d", n, mostServiceAccounts)
	}
	seen := map[string]bool{}
	for _, name := range listed {
		if len(validation.IsDNS1123Subdomain(name)) > 0 {
			return nil, InvalidSpec("serviceAccounts", "%q is not the name of a service account", name)
		}
		if seen[name] {
			return nil, InvalidSpec("serviceAccounts", "%q is listed twice", name)
		}
		seen[name] = true
	}
	return listed, nil
}
