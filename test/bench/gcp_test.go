package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestParseGCP(t *testing.T) {
	tests := map[string][2]int{"1000/10": {1000, 10}, "0": {0, 0}}
	for text, want := range tests {
		profiles, accounts, err := parseGCP(text)
		if err != nil || profiles != want[0] || accounts != want[1] {
			t.Errorf("parseGCP(%q) = %d, %d, %v", text, profiles, accounts, err)
		}
	}
	for _, text := range []string{"", "1000", "a/b", "0/4", "4/0", "-1/2"} {
		if _, _, err := parseGCP(text); err == nil {
			t.Errorf("parseGCP(%q) is no error", text)
		}
	}
}

// TestGCPJSONIsTheContract has the keys that other programs read, and their figures.
func TestGCPJSONIsTheContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	figures := gcpFigures{Profiles: 1, Accounts: 2, GetPolicy: 3, SetPolicy: 4, RestartCalls: 5, Seconds: 6}
	if err := writeJSON(path, gcpSection, figures); err != nil {
		t.Fatal(err)
	}
	var file map[string]map[string]float64
	readJSON(t, path, &file)
	for key, want := range map[string]float64{"profiles": 1, "accounts": 2, "get_policy": 3, "set_policy": 4, "restart_calls": 5, "seconds": 6} {
		if got, there := file["gcp"][key]; !there || got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	var table strings.Builder
	if err := figures.print(&table); err != nil || !strings.Contains(table.String(), "<= 4") {
		t.Errorf("%v: %s", err, table.String())
	}
}
