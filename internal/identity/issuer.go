package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"k8s.io/client-go/rest"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// discoveryPath is where an API server says who issues the tokens of its service
// accounts. Every service account may read it (the ClusterRole
// system:service-account-issuer-discovery).
const discoveryPath = "/.well-known/openid-configuration"

// Issuer finds out who issues the tokens of the cluster's service accounts. It asks the API
// server once; another issuer means another API server configuration, and a restart.
type Issuer struct {
	// API talks to the API server.
	API rest.Interface
	// Override is what to say instead of asking. Empty means to ask.
	Override string

	mu    sync.Mutex
	known string
}

// URL returns the issuer's URL.
func (i *Issuer) URL(ctx context.Context) (string, error) {
	if i.Override != "" {
		return i.Override, nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known != "" {
		return i.known, nil
	}
	document, err := i.API.Get().AbsPath(discoveryPath).DoRaw(ctx)
	if err != nil {
		return "", fmt.Errorf("read %s of the API server: %w", discoveryPath, err)
	}
	var discovered struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(document, &discovered); err != nil {
		return "", fmt.Errorf("read %s of the API server: %w", discoveryPath, err)
	}
	if err := CheckIssuer(discovered.Issuer); err != nil {
		return "", &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonIdentityRejected, Cause: err, Message: fmt.Sprintf(
			"No cloud can trust the tokens of this cluster's service accounts: %s. Correct the API server's --service-account-issuer, or start the controller with -service-account-issuer.", err)}
	}
	i.known = discovered.Issuer
	return i.known, nil
}

// CheckIssuer tells what is wrong with the URL of an issuer.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("the issuer %q is not an https URL", issuer)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return errors.New("the issuer's URL must have no user, query or fragment")
	}
	return nil
}
