package identity

import (
	"bytes"
	"encoding/json"
	"maps"

	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

func recordOf(e Entry, phase profilev1.IdentityPhase) profilev1.IdentityBinding {
	record := profilev1.IdentityBinding{Plugin: e.Plugin, ServiceAccount: e.ServiceAccount, Identity: e.Identity, Phase: phase}
	// An empty map does not come back from the API server, and the seal must fit what does.
	if len(e.Annotations) > 0 {
		record.Annotations = maps.Clone(e.Annotations)
	}
	if e.Settings != "" {
		record.Settings = &runtime.RawExtension{Raw: []byte(e.Settings)}
	}
	return record
}

// entryOf reads a record. The API server may have ordered the keys of the settings anew;
// here they are in alphabetical order, as encoding/json writes those of a map.
func entryOf(record profilev1.IdentityBinding) Entry {
	e := Entry{Plugin: record.Plugin, Binding: plugin.Binding{
		ServiceAccount: record.ServiceAccount, Identity: record.Identity, Annotations: record.Annotations}}
	if record.Settings != nil {
		e.Settings = ordered(record.Settings.Raw)
	}
	return e
}

// ordered writes JSON with the keys of its objects in alphabetical order. What is no JSON
// comes back as it is.
func ordered(raw []byte) string {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil || decoder.More() {
		return string(raw)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return string(raw)
	}
	return string(text)
}

// equal tells whether two entries are one and the same in every respect.
func (e Entry) equal(other Entry) bool {
	return e.sameGrant(other) && maps.Equal(e.Annotations, other.Annotations)
}

// sameGrant tells whether two entries are the same outside the cluster.
func (e Entry) sameGrant(other Entry) bool {
	return e.sameTarget(other) && ordered([]byte(e.Settings)) == ordered([]byte(other.Settings))
}

// sameTarget tells whether two entries bind the same account to the same identity,
// perhaps with other settings.
func (e Entry) sameTarget(other Entry) bool {
	return e.Plugin == other.Plugin && e.ServiceAccount == other.ServiceAccount && e.Identity == other.Identity
}
