package e2ekfam

import (
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestTheAPIServerIsAway: what is known is answered, and what has to be written is refused with
// 503 until the API server is back.
func TestTheAPIServerIsAway(t *testing.T) {
	owner := room(t, "away")
	l := layLine(t)
	k, err := pg.StartKFAM(t.Context(), playground.KFAMOptions{Flags: unmeshedFlags("-accept-service-accounts"), APIServer: l.address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Stop(); err != nil {
			t.Error(err)
		}
	})
	token := accountToken(t, "default", "default", "kfam")
	asOwner := []string{"kubeflow-userid", owner}
	writes := map[string]request{
		"share":    {method: http.MethodPost, path: bindingsPath, body: bindingOf("x@example.com", "away", "view"), headers: asOwner},
		"revoke":   {method: http.MethodDelete, path: bindingsPath, body: bindingOf("x@example.com", "away", "view"), headers: asOwner},
		"register": {method: http.MethodPost, path: profilesPath, body: profileOf("away-2", "away-2@example.com")},
		"delete":   {method: http.MethodDelete, path: profilesPath + "/away", headers: asOwner},
		"a token":  {method: http.MethodGet, path: bindingsPath, headers: bearer(token)},
	}
	list := request{method: http.MethodGet, path: bindingsPath + "?namespace=away", headers: asOwner}
	sent := func(r request) answer {
		got, _ := send(t, from("127.0.0.1"), k.URL, r)
		return got
	}
	l.cut()
	for name, r := range writes {
		got := sent(r)
		if got.status != http.StatusServiceUnavailable || got.contentType != plainText || !strings.Contains(got.body, "Try again in a moment.") || strings.Contains(got.body, "127.0.0.1") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := sent(list); got.body != listOf(bindingOf(owner, "away", "admin")) {
		t.Errorf("what is known: %+v", got)
	}
	l.mend(t)
	soon(t, "the API server is back", func() bool { return sent(writes["share"]).status == http.StatusOK })
	if got := sent(writes["a token"]); got.status != http.StatusOK {
		t.Errorf("a token, then: %+v", got)
	}
}

// TestARequestUnderWayIsCarriedOutWhenTheServerStops has sent no more than the headers of
// one when the server is asked to end.
func TestARequestUnderWayIsCarriedOutWhenTheServerStops(t *testing.T) {
	owner := room(t, "stopping")
	k, err := pg.StartKFAM(t.Context(), playground.KFAMOptions{Flags: unmeshedFlags()})
	if err != nil {
		t.Fatal(err)
	}
	arrives, rest := io.Pipe()
	begun := make(chan struct{})
	// The server says 100 when it begins to read the body.
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(begun) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, k.URL+bindingsPath, arrives)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("kubeflow-userid", owner)
	r.Header.Set("Expect", "100-continue")
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience}}
	answered := make(chan answer, 1)
	go func() {
		response, err := client.Do(r)
		if err != nil {
			answered <- answer{body: err.Error()}
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- answer{response.StatusCode, response.Header.Get("Content-Type"), string(body)}
	}()
	select {
	case <-begun:
	case got := <-answered:
		t.Fatalf("answered too early: %+v", got)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- k.Stop() }()
	// It takes no new connections as soon as it stops.
	soon(t, "the server is about to stop", func() bool {
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", strings.TrimPrefix(k.URL, "http://"))
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	})
	if _, err := io.WriteString(rest, bindingOf("x@example.com", "stopping", "view")); err != nil {
		t.Fatal(err)
	}
	if err := rest.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got != (answer{status: http.StatusOK}) {
		t.Errorf("the answer is %+v", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stopped with %v", err)
	}
	onlyPair(t, "stopping")
}

// TestAttackSlowClientsAreCutOff has them hold a real connection; what is counted is that
// others are answered meanwhile, and that the end comes.
func TestAttackSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	const many = 50
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			connection, err := net.Dial("tcp", strings.TrimPrefix(unmeshed.URL, "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			defer connection.Close()
			if _, err := io.WriteString(connection, "POST /kfam/v1/bindings HTTP/1.1\r\nHost: kfam\r\n"); err != nil {
				t.Error(err)
				return
			}
			if err := connection.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Error(err)
				return
			}
			if _, err := io.ReadAll(connection); err != nil {
				t.Errorf("not cut off: %v", err)
			}
		})
	}
	must(t, admin, http.MethodGet, clusterAdminPath+"?user="+admin, "", http.StatusOK, "true")
	all.Wait()
}
