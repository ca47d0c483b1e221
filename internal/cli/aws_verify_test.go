package cli

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
)

// visionRole is the role of profile vision.
const visionRole = "arn:aws:iam::123456789012:role/profiles/vision"

// openWithTokens opens a terminal at a cluster that issues tokens which AWS can verify, and in
// which profile vision has a role.
func openWithTokens(t *testing.T) (term *awsTerminal, issuerURL string) {
	t.Helper()
	tokens, err := issuer.Start(issuer.Options{Path: "/id/demo"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tokens.Close() })
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "vision", Name: "default-editor",
		Annotations: map[string]string{"eks.amazonaws.com/role-arn": visionRole}}}
	term = openAWSAt(t, iamsts.Options{IssuerClient: tokens.Client()}, tokens.URL(),
		withRole(makeProfile("vision", "vera"), `{"awsIamRole": "`+visionRole+`"}`), account)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err == nil {
		err = tokens.Publish("key-1", key)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{KeyID: "key-1", Key: key}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		SubResourceCreate: func(_ context.Context, _ client.Client, _ string, o, request client.Object, _ ...client.SubResourceCreateOption) error {
			asked := request.(*authenticationv1.TokenRequest)
			now := time.Now()
			var err error
			asked.Status.Token, err = jwt.Signed(signer).Claims(jwt.Claims{
				Issuer: tokens.URL(), Subject: "system:serviceaccount:" + o.GetNamespace() + ":" + o.GetName(), Audience: jwt.Audience(asked.Spec.Audiences),
				IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Hour)),
			}).Serialize()
			return err
		},
	})
	return term, tokens.URL()
}

// bucketThatAnswers starts an S3 that answers every request in the same way.
func bucketThatAnswers(t *testing.T, status int, code string) (asked *http.Request) {
	t.Helper()
	asked = &http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = *r
		w.WriteHeader(status)
		if status == http.StatusOK {
			_, _ = w.Write([]byte(`<ListBucketResult><Name>ml-data</Name></ListBucketResult>`))
			return
		}
		_, _ = w.Write([]byte(`<Error><Code>` + code + `</Code><Message>No.</Message></Error>`))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	return asked
}

func TestAWSVerify(t *testing.T) {
	term, issuerURL := openWithTokens(t)
	term.aws.AddProvider(issuerURL, "sts.amazonaws.com")
	term.run(createRole)
	t.Setenv("AWS_ACCESS_KEY_ID", "") // It needs no credentials of one's own.
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	asked := bucketThatAnswers(t, http.StatusOK, "")
	term.prints("aws verify vision --s3-bucket ml-data --prefix vision/", `
default-editor with arn:aws:iam::123456789012:role/profiles/vision
  ✓ the service account is annotated with the role
  ✓ the cluster issues a token for sts.amazonaws.com
  ✓ AWS gives the role for the token
  ✓ the pod is arn:aws:sts::123456789012:assumed-role/vision/kubectl-profile
  ✓ the objects of ml-data/vision/ can be listed
`)
	if !strings.Contains(asked.Header.Get("Authorization"), "Credential=ASIA") || asked.URL.Path != "/ml-data" || asked.URL.Query().Get("prefix") != "vision/" {
		t.Errorf("S3 was asked for %s as %s", asked.URL, asked.Header.Get("Authorization"))
	}
	bucketThatAnswers(t, http.StatusForbidden, "AccessDenied")
	term.fails("aws verify vision --s3-bucket ml-data", 1, "error: 1 of 1 check failed")
	if out := term.out.String(); !strings.Contains(out, "  ✗ not so: the objects of ml-data can be listed: ") || !strings.Contains(out, "Missing permission: the role may not s3:ListBucket on arn:aws:s3:::ml-data as a whole") {
		t.Errorf("it prints %s", out)
	}
}

func TestAWSVerifyTellsTheCause(t *testing.T) {
	for name, test := range map[string]struct {
		change func(term *awsTerminal, issuerURL string)
		says   string
	}{
		"no provider":                 {func(*awsTerminal, string) {}, "the account 123456789012 does not know this cluster's issuer"},
		"a provider without audience": {func(term *awsTerminal, url string) { term.aws.AddProvider(url, "other") }, "Audience: the account's OIDC provider does not take sts.amazonaws.com"},
		"no role":                     {func(term *awsTerminal, url string) { term.aws.AddProvider(url, "sts.amazonaws.com") }, "Subject: the trust policy of the role does not let system:serviceaccount:vision:default-editor"},
		"another role is annotated": {func(term *awsTerminal, _ string) {
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "vision", Name: "default-editor"}}
			if err := term.cluster.Update(term.t.Context(), account); err != nil {
				term.t.Fatal(err)
			}
		}, `its annotation eks.amazonaws.com/role-arn is ""` + "\n    The controller has not bound the role, or somebody changed the annotation. See what it says: kubectl profile describe vision"},
	} {
		t.Run(name, func(t *testing.T) {
			term, issuerURL := openWithTokens(t)
			test.change(term, issuerURL)
			if code := term.run("aws verify vision"); code != 1 || !strings.Contains(term.out.String(), test.says) {
				t.Errorf("exit code %d, it prints %s", code, term.out.String())
			}
		})
	}
}

func TestAWSVerifyOfAProfileWithoutARoleOfItsOwn(t *testing.T) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ann", Name: "default-editor"}}
	term := openAWS(t, makeProfile("ann", "ann").obj(), account)
	term.fails("aws verify ann", 1, "profile ann has no AWS role. Create one: kubectl profile aws create-role --help")
	term.fails("aws verify ben", 1, `there is no profile "ben"`)
	term.fails("aws verify ann --prefix x/", 2, "--prefix is of a bucket")
	account.Annotations = map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/of-all"}
	if err := term.cluster.Update(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if term.run("aws verify ann"); !strings.HasPrefix(term.out.String(), "default-editor with arn:aws:iam::123456789012:role/of-all\n  ✓ the service account is annotated") {
		t.Errorf("it prints %s", term.out.String())
	}
}
