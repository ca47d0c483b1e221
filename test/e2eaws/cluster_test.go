//go:build e2eaws

package e2eaws

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// pg is the control plane of the cluster home.
var pg *playground.Playground

// cluster is one whose tokens the gateway trusts.
type cluster struct {
	issuer     *issuer.Issuer
	issuerURL  string
	thumbprint string
	// token returns a token of a service account.
	token func(ctx context.Context, namespace, account, audience string) (string, error)
	stop  func() error
}

// provider is the cluster's issuer as IAM knows it.
func (c *cluster) provider() trustpolicy.Provider {
	p, err := trustpolicy.NewProvider("aws", gateway.Account, c.issuerURL)
	if err != nil {
		panic(err) // The address of an issuer on loopback is always a good one.
	}
	return p
}

// tokenOf returns a token of a service account for an audience.
func (c *cluster) tokenOf(t *testing.T, namespace, account, audience string) string {
	t.Helper()
	token, err := c.token(t.Context(), namespace, account, audience)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func startClusters(ctx context.Context) error {
	var err error
	if away, err = startAway(); err != nil {
		return fmt.Errorf("start the other cluster's issuer: %w", err)
	}
	if home, err = startHome(ctx); err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	fmt.Fprintf(os.Stderr, "control plane: tokens are issued by %s\n", home.issuerURL)
	return nil
}

// startHome starts a real control plane whose tokens bear the address of an issuer here,
// where the gateway can read the keys.
func startHome(ctx context.Context) (_ *cluster, err error) {
	published, err := issuer.Start(issuer.Options{Path: "/id/home"})
	if err != nil {
		return nil, err
	}
	c := &cluster{issuer: published, issuerURL: published.URL(), stop: published.Close}
	if pg, err = playground.Start(ctx, playground.Options{ServiceAccountIssuer: published.URL()}); err != nil {
		return nil, errors.Join(err, published.Close())
	}
	c.stop = func() error { return errors.Join(pg.Stop(), published.Close()) }
	c.token = func(ctx context.Context, namespace, account, audience string) (string, error) {
		return pg.Token(ctx, namespace, account, audience)
	}
	if err := publish(ctx, published); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	c.thumbprint = published.Thumbprint()
	return c, nil
}

// publish publishes the key with which the control plane signs tokens.
func publish(ctx context.Context, at *issuer.Issuer) error {
	keys, err := get(ctx, "/openid/v1/jwks")
	if err != nil {
		return err
	}
	signingKey, err := os.ReadFile(filepath.Join(pg.Folder, "pki", "sa.key"))
	if err != nil {
		return err
	}
	return at.PublishAPIServer(keys, signingKey)
}

// startAway makes the issuer of a cluster that shares roles with ours. The gateway takes
// its tokens just as those of a real one.
func startAway() (*cluster, error) {
	published, err := issuer.Start(issuer.Options{Path: "/id/away"})
	if err != nil {
		return nil, err
	}
	c := &cluster{issuer: published, issuerURL: published.URL(), stop: published.Close}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	if err := published.Publish("away", key); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	c.thumbprint = published.Thumbprint()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key},
		(&jose.SignerOptions{}).WithHeader(jose.HeaderKey("kid"), "away"))
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	c.token = func(_ context.Context, namespace, account, audience string) (string, error) {
		now := time.Now()
		return jwt.Signed(signer).Claims(jwt.Claims{Issuer: c.issuerURL, Subject: trustpolicy.Subject(namespace, account),
			Audience: jwt.Audience{audience}, IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now),
			Expiry: jwt.NewNumericDate(now.Add(time.Hour))}).Serialize()
	}
	return c, nil
}

// createAccounts makes a namespace with the service account that pods of a profile use,
// for tests without a controller, and returns the account's subject.
func createAccounts(t *testing.T, namespaces ...string) {
	t.Helper()
	for _, namespace := range namespaces {
		for _, o := range []client.Object{
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
			&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: editor}},
		} {
			if err := pg.Client.Create(t.Context(), o); err != nil {
				t.Fatalf("create %T %s: %v", o, o.GetName(), err)
			}
		}
	}
}

// editor is the service account that pods of a profile use.
const editor = "default-editor"

// subject is the subject of the tokens of that account.
func subject(namespace string) string { return trustpolicy.Subject(namespace, editor) }
