//go:build e2eaws

package e2eaws

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"k8s.io/client-go/rest"
)

// get reads a path of the API server.
func get(ctx context.Context, path string) ([]byte, error) {
	reader, err := rest.HTTPClientFor(pg.Admin)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, pg.Admin.Host+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := reader.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}
