package docs

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// startS3 starts a server that keeps objects, and lists every bucket as empty.
func startS3() string {
	s3 := httptest.NewServer(&bucket{objects: map[string][]byte{}})
	parts = append(parts, func() error { s3.Close(); return nil })
	return s3.URL
}

type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
}

// ServeHTTP answers requests for objects, whose paths have a bucket and a key, and for buckets.
func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	object, has := b.objects[r.URL.Path]
	switch {
	case key == "":
		_, _ = w.Write([]byte(`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>`))
	case r.Method == http.MethodPut:
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		b.objects[r.URL.Path] = text
	case has:
		_, _ = w.Write(object)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "<Error><Code>NoSuchKey</Code><Message>There is no %s.</Message></Error>", key)
	}
}
