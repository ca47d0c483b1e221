package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	cases := map[string]struct {
		values []float64
		want   spread
	}{
		"one run":               {[]float64{3}, spread{3, 3, 3}},
		"an odd number of runs": {[]float64{9, 1, 2}, spread{2, 1, 9}},
		"an even number":        {[]float64{4, 1, 2, 9}, spread{3, 1, 9}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var column column
			for _, v := range c.values {
				column.runs = append(column.runs, figures{Bare: v})
			}
			if got := column.spread(func(f figures) float64 { return f.Bare }); got != c.want {
				t.Errorf("spread of %v is %v, want %v", c.values, got, c.want)
			}
		})
	}
}

// TestJSONIsTheContract has the keys that other programs read, and their figures.
func TestJSONIsTheContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	run := figures{N: 200, Bare: 1, Controller: 2, Ratio: 3, WritesPerProfile: 4, Restart: 5, RestartWrites: 6,
		Failover: 7, IdleRequestsPerMinute: 8, RSS: 9, Delete: 10, RSSPeak: 11}
	if err := writeJSON(path, controllerSection, mediansOf([]column{{n: 200, runs: []figures{run}}, {n: 1000, runs: []figures{run}}})); err != nil {
		t.Fatal(err)
	}
	var file map[string][]map[string]float64
	readJSON(t, path, &file)
	if len(file["controller"]) != 2 {
		t.Fatalf("the file has %d objects under the key controller, want one for each of 2 sizes", len(file["controller"]))
	}
	want := map[string]float64{"n": 200, "bare_s": 1, "controller_s": 2, "ratio": 3, "writes_per_profile": 4,
		"restart_s": 5, "restart_writes": 6, "failover_s": 7, "idle_requests_per_minute": 8, "rss_mib": 9, "delete_s": 10}
	got := file["controller"][0]
	for key, value := range want {
		if present, there := got[key]; !there || present != value {
			t.Errorf("%s is %v, want %v", key, present, value)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("the file has keys besides: %v", got)
	}
	if file["controller"][1]["n"] != 1000 {
		t.Errorf("the second object has n %v, want 1000", file["controller"][1]["n"])
	}
}

func TestJSONKeepsOtherSections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	write(t, path, `{"kfam": [1, 2], "controller": []}`)
	if err := writeJSON(path, controllerSection, mediansOf([]column{{n: 5, runs: []figures{{}}}})); err != nil {
		t.Fatal(err)
	}
	var file struct {
		KFAM       []int `json:"kfam"`
		Controller []struct {
			N int `json:"n"`
		} `json:"controller"`
	}
	readJSON(t, path, &file)
	if !slices.Equal(file.KFAM, []int{1, 2}) {
		t.Errorf("the section of another benchmark is %v, want [1 2]", file.KFAM)
	}
	if len(file.Controller) != 1 || file.Controller[0].N != 5 {
		t.Errorf("our section is %v, want one object with n 5", file.Controller)
	}
}

func TestJSONDoesNotOverwriteAFileOfAnotherKind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	write(t, path, "not JSON")
	if err := writeJSON(path, controllerSection, nil); err == nil {
		t.Error("a file that is not JSON was overwritten")
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("%v in:\n%s", err, content)
	}
}
