package issuer

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Options say where an issuer is.
type Options struct {
	// Address to listen on; the default is a free port on 127.0.0.1.
	Address string
	// Path is the part of the issuer's URL behind the host, such as /id/cluster. It may be
	// empty.
	Path string
}

// Issuer is a running server. All methods may be called at the same time.
type Issuer struct {
	url         string
	certificate *x509.Certificate
	http        *http.Server
	serving     chan struct{}
	serveErr    error
	transport   *http.Transport

	mu         sync.Mutex
	keys       jose.JSONWebKeySet
	thumbprint string
}

// Start starts an issuer that has published no keys yet.
func Start(o Options) (*Issuer, error) {
	listener, err := net.Listen("tcp", cmp.Or(o.Address, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("listen for readers of the issuer's keys: %w", err)
	}
	certificate, err := servingCertificate(listener.Addr())
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	i := &Issuer{
		url:         "https://" + listener.Addr().String() + o.Path,
		certificate: certificate.Leaf,
		serving:     make(chan struct{}),
	}
	i.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: i.roots(), MinVersion: tls.VersionTLS12}}
	i.http = &http.Server{Handler: i.routes(o.Path), ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent}
	secured := tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	go func() {
		defer close(i.serving)
		i.serveErr = i.http.Serve(secured)
	}()
	return i, nil
}

func (i *Issuer) routes(path string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path+discoveryPath, i.serveDiscovery)
	mux.HandleFunc("GET "+path+"/keys", i.serveKeys)
	return mux
}

// serveDiscovery answers what the API server itself answers at this path, but with the
// address of the keys here.
func (i *Issuer) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"issuer":                                i.url,
		"jwks_uri":                              i.url + "/keys",
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256"},
	})
}

func (i *Issuer) serveKeys(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	keys := i.keys
	i.mu.Unlock()
	writeJSON(w, keys)
}

func writeJSON(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// Who hung up does not want the answer.
	_, _ = w.Write(body)
}

// URL is the issuer, as tokens name it in iss.
func (i *Issuer) URL() string { return i.url }

// Client returns a client that trusts the issuer's TLS certificate and nothing else.
func (i *Issuer) Client() *http.Client {
	return &http.Client{Transport: i.transport, Timeout: 10 * time.Second}
}

// Thumbprint is the SHA-1 of the certificate in the x5c of the key published last, in
// upper-case hex. It is empty before Publish.
func (i *Issuer) Thumbprint() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.thumbprint
}

// Close returns when nothing of the issuer runs any more.
func (i *Issuer) Close() error {
	i.transport.CloseIdleConnections()
	err := i.http.Close()
	<-i.serving
	if !errors.Is(i.serveErr, http.ErrServerClosed) {
		err = errors.Join(err, i.serveErr)
	}
	return err
}
