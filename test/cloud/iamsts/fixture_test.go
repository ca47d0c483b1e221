package iamsts

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
)

const (
	alice    = "system:serviceaccount:alice:default-editor"
	bob      = "system:serviceaccount:bob:default-editor"
	audience = "sts.amazonaws.com"
)

// start starts an account that ends with the test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// once configures an SDK client that does not retry and leaves no connection behind.
func once(t *testing.T, config aws.Config) aws.Config {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config.HTTPClient = &http.Client{Transport: transport}
	config.RetryMaxAttempts = 1
	return config
}

func (s *Server) iam(t *testing.T) *iam.Client { return iam.NewFromConfig(once(t, s.Config())) }
func (s *Server) sts(t *testing.T) *sts.Client { return sts.NewFromConfig(once(t, s.Config())) }

// trusting is a trust policy for one subject of an issuer.
func trusting(s *Server, issuer, subject string) string {
	name := strings.TrimPrefix(issuer, "https://")
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "` + s.ProviderARN(issuer) + `"},` +
		` "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"` + name + `:aud": "` + audience + `", "` + name + `:sub": "` + subject + `"}}}]}`
}

// services is a trust policy as a role has it that no token was ever meant for.
const services = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// wantCode fails unless the error is what the service answers with this code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var answer smithy.APIError
	if !errors.As(err, &answer) || answer.ErrorCode() != code {
		t.Errorf("got %v, want an answer with code %s", err, code)
	}
}

// cluster issues tokens as an API server does.
type cluster struct {
	*issuer.Issuer
	key crypto.Signer
}

func startCluster(t *testing.T, path string) cluster {
	t.Helper()
	i, err := issuer.Start(issuer.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	c := cluster{i, newKey(t)}
	if err := i.Publish("key-1", c.key); err != nil {
		t.Fatal(err)
	}
	return c
}

func newKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// claims are those of a good token of alice.
func (c cluster) claims() jwt.Claims {
	now := time.Now()
	return jwt.Claims{
		Issuer: c.URL(), Subject: alice, Audience: jwt.Audience{audience},
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Hour)),
	}
}

func sign(t *testing.T, key crypto.Signer, keyID string, claims jwt.Claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{KeyID: keyID, Key: key}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func assume(ctx context.Context, client *sts.Client, roleARN, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return client.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &roleARN, RoleSessionName: aws.String("test"), WebIdentityToken: &token,
	})
}
