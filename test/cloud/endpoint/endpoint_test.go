package endpoint

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(t *testing.T, url string) (string, error) {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestAHandlerAnswersUntilTheEndpointCloses(t *testing.T) {
	e, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello "+r.URL.Path) }))
	if text, err := get(t, e.URL()+"/x"); err != nil || text != "hello /x" {
		t.Errorf("got %q, %v", text, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if text, err := get(t, e.URL()); err == nil {
		t.Errorf("after Close it answers %q", text)
	}
	if e.Closing().Err() == nil {
		t.Error("Closing has not ended")
	}
}

// TestCloseWaitsForWhatIsBeingDone has a request that goes on after its connection is gone.
func TestCloseWaitsForWhatIsBeingDone(t *testing.T) {
	e, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	arrived, done := make(chan struct{}), make(chan struct{})
	e.Serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-e.Closing().Done()
		close(done)
	}))
	failed := make(chan error, 1)
	go func() {
		_, err := get(t, e.URL())
		failed <- err
	}()
	<-arrived
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-done:
	default:
		t.Error("Close returned before the request was done")
	}
	if err := <-failed; err == nil {
		t.Error("the client got an answer over a closed connection")
	}
}

func TestAnAddressThatIsTakenIsAnError(t *testing.T) {
	e, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.Serve(http.NotFoundHandler())
	defer e.Close()
	if _, err := Listen(strings.TrimPrefix(e.URL(), "http://")); err == nil {
		t.Error("two endpoints listen at one address")
	}
}
