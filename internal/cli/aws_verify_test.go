package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
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

func TestAWSVerifyTellsWhatItHasNotTried(t *testing.T) {
	term, _ := openWithTokens(t)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "vision", Name: "default-editor"}}
	if err := term.cluster.Update(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	term.Terminal = true
	term.fails("aws verify vision --s3-bucket ml-data", 1, "error: 1 of 1 check failed\n")
	const want = `default-editor with arn:aws:iam::123456789012:role/profiles/vision
  \x1b[31m✗\x1b[0m not so: the service account is annotated with the role: its annotation eks.amazonaws.com/role-arn is ""
    The controller has not bound the role, or somebody changed the annotation. See what it says: kubectl profile describe vision
  \x1b[33m…\x1b[0m not tried: the cluster issues a token for sts.amazonaws.com
  \x1b[33m…\x1b[0m not tried: AWS gives the role for the token
  \x1b[33m…\x1b[0m not tried: the pod is the role
  \x1b[33m…\x1b[0m not tried: the objects of ml-data can be listed
`
	if diff := cmp.Diff(strings.ReplaceAll(want, `\x1b`, "\x1b"), term.out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAWSVerifyAsData(t *testing.T) {
	term, issuerURL := openWithTokens(t)
	term.aws.AddProvider(issuerURL, "sts.amazonaws.com")
	term.run(createRole)
	term.prints("aws verify vision -o json", `
[
  {
    "serviceAccount": "default-editor",
    "role": "arn:aws:iam::123456789012:role/profiles/vision",
    "steps": [
      {
        "name": "annotation",
        "status": "passed",
        "detail": "the service account is annotated with the role"
      },
      {
        "name": "token",
        "status": "passed",
        "detail": "the cluster issues a token for sts.amazonaws.com"
      },
      {
        "name": "role",
        "status": "passed",
        "detail": "AWS gives the role for the token"
      },
      {
        "name": "identity",
        "status": "passed",
        "detail": "the pod is arn:aws:sts::123456789012:assumed-role/vision/kubectl-profile"
      }
    ]
  }
]
`)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "vision", Name: "default-editor"}}
	if err := term.cluster.Delete(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	term.fails("aws verify vision -o yaml", 1, "error: 1 of 1 check failed\n")
	const want = `- role: arn:aws:iam::123456789012:role/profiles/vision
  serviceAccount: default-editor
  steps:
  - cause: 'There is no such service account yet. See what the controller says: kubectl
      profile describe vision'
    detail: 'the service account is annotated with the role: serviceaccounts "default-editor"
      not found'
    name: annotation
    status: failed
  - detail: the cluster issues a token for sts.amazonaws.com
    name: token
    status: notTried
`
	if diff := cmp.Diff(want, term.out.String()[:min(len(want), term.out.Len())]); diff != "" {
		t.Error(diff)
	}
	term.fails("aws verify vision -o wide", 2, `-o is "wide"; it must be json or yaml`)
}

// TestAWSVerifyNeedsNoAWSConfiguration has a profile in AWS_PROFILE that is not there.
func TestAWSVerifyNeedsNoAWSConfiguration(t *testing.T) {
	term, issuerURL := openWithTokens(t)
	term.aws.AddProvider(issuerURL, "sts.amazonaws.com")
	term.run(createRole)
	t.Setenv("AWS_PROFILE", "of-another-laptop")
	asked := bucketThatAnswers(t, http.StatusOK, "")
	if code := term.run("aws verify vision --s3-bucket ml-data"); code != 0 || strings.Count(term.out.String(), "✓") != 5 {
		t.Errorf("exit code %d, it prints %s", code, term.out.String())
	}
	if !strings.HasPrefix(term.err.String(), "note: your AWS configuration is left out, since it cannot be read: ") {
		t.Errorf("it says %s", term.err.String())
	}
	if !strings.Contains(asked.Header.Get("Authorization"), "/eu-central-1/s3/") {
		t.Errorf("S3 was asked as %s", asked.Header.Get("Authorization"))
	}
}

// TestAWSVerifyFindsItsRegion names clusters in all ways, and one that tells no region.
func TestAWSVerifyFindsItsRegion(t *testing.T) {
	term, issuerURL := openWithTokens(t)
	term.aws.AddProvider(issuerURL, "sts.amazonaws.com")
	term.run(createRole)
	asked := bucketThatAnswers(t, http.StatusOK, "")
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	for flags, region := range map[string]string{
		"":                             "eu-central-1",
		" --cluster local":             "us-east-1",
		" --cluster x.a-b-1.eksctl.io": "a-b-1",
		" --context other":             "eu-west-1",
		" --cluster local --region r":  "r",
	} {
		if code := term.run("aws verify vision --s3-bucket ml-data" + flags); code != 0 || !strings.Contains(asked.Header.Get("Authorization"), "/"+region+"/s3/") {
			t.Errorf("with%s: exit code %d, S3 was asked as %s", flags, code, asked.Header.Get("Authorization"))
		}
		term.Kubeconfig.ClusterName, term.Kubeconfig.Context = new(string), new(string)
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
		"another one than the role": {func(term *awsTerminal, url string) {
			term.aws.AddProvider(url, "sts.amazonaws.com")
			term.run(createRole)
			answersAnother(term)
		}, "not so: the pod is the role: AWS says that it is arn:aws:sts::123456789012:assumed-role/other/x, not arn:aws:sts::123456789012:assumed-role/vision/kubectl-profile\n" +
			"    The Profile names the role in another way than AWS does."},
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

// answersAnother has STS say that one is somebody else.
func answersAnother(term *awsTerminal) {
	sts, err := url.Parse(term.aws.URL())
	if err != nil {
		term.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(sts)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), "Action=GetCallerIdentity") {
			r.Body = io.NopCloser(bytes.NewReader(body))
			proxy.ServeHTTP(w, r)
			return
		}
		_, _ = w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/other/x</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`))
	}))
	term.t.Cleanup(server.Close)
	term.t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
}

func TestAWSVerifyOfAProfileWithoutARoleOfItsOwn(t *testing.T) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ann", Name: "default-editor"}}
	term := openAWS(t, makeProfile("ann", "ann").obj(), account)
	term.fails("aws verify ann", 1, "profile ann has no AWS role. Create one: kubectl profile aws create-role --help")
	podIdentity := makeProfile("pia", "pia").plugin("AwsPodIdentity").obj()
	if err := term.cluster.Create(t.Context(), podIdentity); err != nil {
		t.Fatal(err)
	}
	term.fails("aws verify pia", 1, "error: profile pia has its AWS role by EKS Pod Identity, which only pods can check: their token is exchanged on their node. "+
		"See what the controller says: kubectl profile describe pia; and in one of its pods: aws sts get-caller-identity\n")
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
