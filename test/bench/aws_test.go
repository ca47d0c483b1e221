package main

import (
	"path/filepath"
	"testing"
)

func TestParseAWS(t *testing.T) {
	tests := map[string][2]int{"1000/40": {1000, 40}, "0": {0, 0}}
	for text, want := range tests {
		profiles, roles, err := parseAWS(text)
		if err != nil || profiles != want[0] || roles != want[1] {
			t.Errorf("parseAWS(%q) = %d, %d, %v", text, profiles, roles, err)
		}
	}
	for _, text := range []string{"", "1000", "a/b", "0/4", "4/0", "-1/2"} {
		if _, _, err := parseAWS(text); err == nil {
			t.Errorf("parseAWS(%q) is no error", text)
		}
	}
}

// TestAWSJSONIsTheContract has the keys that other programs read, and their figures.
func TestAWSJSONIsTheContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	if err := writeJSON(path, awsSection, awsFigures{Profiles: 1, Roles: 2, GetRole: 3, UpdateTrust: 4, RestartCalls: 5, Seconds: 6}); err != nil {
		t.Fatal(err)
	}
	var file map[string]map[string]float64
	readJSON(t, path, &file)
	for key, want := range map[string]float64{"profiles": 1, "roles": 2, "get_role": 3, "update_trust": 4, "restart_calls": 5, "seconds": 6} {
		if got, there := file["aws"][key]; !there || got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}
