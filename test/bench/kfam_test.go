package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseKFAM(t *testing.T) {
	for text, want := range map[string][2]int{"1000/5": {1000, 5}, "0": {0, 0}} {
		profiles, bindings, err := parseKFAM(text)
		if err != nil || profiles != want[0] || bindings != want[1] {
			t.Errorf("parseKFAM(%q) = %d, %d, %v", text, profiles, bindings, err)
		}
	}
	for _, text := range []string{"", "1000", "a/b", "0/4", "4/0", "-1/2", "5/5", "1/1"} {
		if _, _, err := parseKFAM(text); err == nil {
			t.Errorf("parseKFAM(%q) is no error", text)
		}
	}
}

// TestKFAMJSONIsTheContract has the keys that other programs read, and their figures.
func TestKFAMJSONIsTheContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	f := kfamFigures{Profiles: 1, Bindings: 2, UserRPS: 3, UserP99: 4, BareRPS: 5, Ratio: 6, RSS: 7, BareP99: 8}
	if err := writeJSON(path, kfamSection, f); err != nil {
		t.Fatal(err)
	}
	var file map[string]map[string]float64
	readJSON(t, path, &file)
	want := map[string]float64{"profiles": 1, "bindings": 2, "user_rps": 3, "user_p99_ms": 4, "bare_rps": 5, "ratio": 6, "rss_mib": 7}
	if diff := cmp.Diff(want, file["kfam"]); diff != "" {
		t.Errorf("the section kfam (-want +got):\n%s", diff)
	}
}

func TestEveryUserHasAsManyBindings(t *testing.T) {
	perUser, perProfile := map[string]int{}, map[string]int{}
	for _, guest := range guestsOf(profileNames(7), 3) {
		if err := guest.Check(); err != nil {
			t.Error(err)
		}
		if guest.Name == newProfile(guest.Namespace).Spec.Owner.Name {
			t.Errorf("%s is a guest at home", guest.Name)
		}
		perUser[guest.Name]++
		perProfile[guest.Namespace]++
	}
	for _, counts := range []map[string]int{perUser, perProfile} {
		if len(counts) != 7 {
			t.Errorf("%d have bindings, want 7", len(counts))
		}
		for who, count := range counts {
			if count != 3 {
				t.Errorf("%s has %d bindings, want 3", who, count)
			}
		}
	}
}

func TestPercentile(t *testing.T) {
	var tooks []time.Duration
	for i := range 200 {
		tooks = append(tooks, time.Duration(200-i))
	}
	for of, want := range map[int]time.Duration{50: 100, 99: 198, 100: 200} {
		if got := percentile(tooks, of); got != want {
			t.Errorf("%d of 100 stay within %d, want %d", of, got, want)
		}
	}
	if got := percentile([]time.Duration{5}, 99); got != 5 {
		t.Errorf("of one value it is %d, want 5", got)
	}
}

func TestFiguresOfRounds(t *testing.T) {
	var f kfamFigures
	f.addSteady(&server{rates: []float64{10, 30, 20}, tooks: []time.Duration{time.Millisecond, 2 * time.Millisecond}, cpu: 0.001},
		&server{rates: []float64{40, 50, 30}, tooks: []time.Duration{time.Millisecond}, cpu: 0.0001})
	f.addChanging(&server{rates: []float64{5, 7}, tooks: []time.Duration{1}, cpu: 0.0003}, &server{rates: []float64{60}})
	want := kfamFigures{UserRPS: 20, BareRPS: 40, Ratio: 0.5, UserP99: 2, BareP99: 1, UserCPU: 500, BareCPU: 100,
		ChangingRPS: 6, ChangingRatio: 0.1, ChangingCPU: 300}
	if diff := cmp.Diff(want, f, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

func TestAnswersWithTooFewBindingsAreNotMeasured(t *testing.T) {
	const own, others = `{"user":{"kind":"User","name":"ann"}}`, `{"user":{"kind":"User","name":"ben"}}`
	for answer, good := range map[string]bool{
		`{"bindings":[` + own + `,` + own + `]}`:    true,
		`{"bindings":[` + own + `]}`:                false,
		`{"bindings":[` + own + `,` + others + `]}`: false,
		`{"bindings":[]}`:                           false,
		`true`:                                      false,
	} {
		if err := checkAnswer([]byte(answer), "ann", 2); (err == nil) != good {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// TestTheBareServerWritesTheSameBytes runs it as its own process would.
func TestTheBareServerWritesTheSameBytes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "answers.json")
	write(t, file, `{"user=ann":"e30K"}`) // {} and a new line, in base64.
	input, closeInput := io.Pipe()
	output, printed := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serveBare(file, input, printed) }()
	address := make([]byte, 100)
	n, err := output.Read(address)
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad([]question{{"ann", "user=ann"}})
	l.answers["user=ann"] = []byte("{}\n")
	of := &server{address: "http://" + strings.TrimSpace(string(address[:n])), pid: os.Getpid()}
	if err := l.round(t.Context(), of, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if len(of.rates) != 1 || len(of.tooks) == 0 || of.rates[0] <= 0 {
		t.Errorf("%d rounds with %d answers were measured", len(of.rates), len(of.tooks))
	}
	l.client.CloseIdleConnections()
	_ = closeInput.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestAServerThatChangesItsAnswerIsNotMeasured has one that answers well only at first.
func TestAServerThatChangesItsAnswerIsNotMeasured(t *testing.T) {
	var asked atomic.Int64
	for name, later := range map[string]http.HandlerFunc{
		"another answer": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) },
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("{}"))
		},
	} {
		asked.Store(0)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) > 20 {
				later(w, r)
				return
			}
			_, _ = w.Write([]byte("{}"))
		}))
		l := newLoad([]question{{"ann", "user=ann"}})
		l.answers["user=ann"] = []byte("{}")
		if err := l.round(t.Context(), &server{address: s.URL, pid: os.Getpid()}, time.Second); err == nil {
			t.Errorf("%s is measured", name)
		}
		s.Close()
	}
}
