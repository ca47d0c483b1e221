package docs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// accountID is the account of the double, and the only one that documents name.
const accountID = "123456789012"

// apiVersions are those of the services that speak the Query protocol.
var apiVersions = map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}

// awsCommand asks the double: the command's words and flags are the names of the protocol's
// operations and parameters, written otherwise.
func awsCommand(arguments []string) (outcome, error) {
	words, flags, err := awsWords(arguments)
	if err != nil {
		return outcome{}, err
	}
	if err := checkFiles(arguments); err != nil {
		return outcome{}, err
	}
	if len(words) != 2 {
		return outcome{}, fmt.Errorf("want a service and an operation, not %q", words)
	}
	if strings.Join(words, " ") == "eks describe-cluster" {
		return describeCluster(flags)
	}
	version := apiVersions[words[0]]
	if version == "" {
		return outcome{}, fmt.Errorf("nobody answers for %s here; list the command in test/docs/listed_test.go with the reason", words[0])
	}
	form := url.Values{"Action": {camel(words[1])}, "Version": {version}}
	for name, values := range flags {
		if err := addParameter(form, name, values); err != nil {
			return outcome{}, err
		}
	}
	if form.Get("Action") == "CreateRole" {
		// Where a page has two ways to a role, its reader takes one of them.
		if err := forgetRole(form.Get("RoleName")); err != nil && !strings.Contains(err.Error(), "NoSuchEntity") {
			return outcome{}, err
		}
	}
	answer, err := query(words[0], form)
	if err != nil {
		return outcome{}, err
	}
	return ran, printQueried(answer, flags["query"])
}

// global are the flags that are for the aws command itself.
var global = map[string]bool{"region": true, "output": true, "query": true, "profile": true}

// awsWords tells words from flags with their values. A flag of this protocol always has one.
func awsWords(arguments []string) (words []string, flags map[string][]string, err error) {
	flags = map[string][]string{}
	name := ""
	for _, argument := range arguments {
		flag, isFlag := strings.CutPrefix(argument, "--")
		switch {
		case isFlag:
			name, _, _ = strings.Cut(flag, "=")
			flags[name] = nil
			if _, value, both := strings.Cut(flag, "="); both {
				flags[name] = []string{value}
			}
		case name == "":
			words = append(words, argument)
		default:
			flags[name] = append(flags[name], argument)
		}
	}
	for name, values := range flags {
		if len(values) == 0 {
			return nil, nil, fmt.Errorf("--%s has no value", name)
		}
	}
	return words, flags, nil
}

// camel is RoleName for role-name.
func camel(name string) string {
	var s strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		s.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return strings.NewReplacer("OpenIdConnect", "OpenIDConnect", "ClientId", "ClientID").Replace(s.String())
}

func addParameter(form url.Values, name string, values []string) error {
	switch {
	case global[name]:
	case name == "tags":
		for i, value := range values {
			for pair := range strings.SplitSeq(value, ",") {
				key, text, _ := strings.Cut(pair, "=")
				form.Set(fmt.Sprintf("Tags.member.%d.%s", i+1, key), text)
			}
		}
	case name == "client-id-list":
		for i, value := range values {
			form.Set(fmt.Sprintf("ClientIDList.member.%d", i+1), value)
		}
	default:
		value := values[0]
		if path, isFile := strings.CutPrefix(value, "file://"); isFile {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			value = string(text)
		}
		form.Set(camel(name), value)
	}
	return nil
}

// query sends a signed request to the double and returns its answer.
func query(service string, form url.Values) (string, error) {
	body := form.Encode()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("AWS_ENDPOINT_URL"), strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	sum := sha256.Sum256([]byte(body))
	credentials := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY")}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	// Another page may have made it before; then the double has read all of the request.
	if response.StatusCode != http.StatusOK && !bytes.Contains(answer, []byte("EntityAlreadyExists")) {
		return "", fmt.Errorf("the double answers %s: %s", response.Status, answer)
	}
	return string(answer), err
}

// printQueried prints what --query names, whose last word is the name of an element.
func printQueried(answer string, path []string) error {
	if path == nil {
		return nil
	}
	name := path[0][strings.LastIndexByte(path[0], '.')+1:]
	element := regexp.MustCompile("<" + regexp.QuoteMeta(name) + ">([^<]*)<").FindStringSubmatch(answer)
	if element == nil {
		return fmt.Errorf("the answer has no %s", name)
	}
	fmt.Println(element[1])
	return nil
}

func describeCluster(flags map[string][]string) (outcome, error) {
	if got := strings.Join(flags["query"], ""); got != "cluster.identity.oidc.issuer" {
		return outcome{}, fmt.Errorf("--query is %q", got)
	}
	fmt.Println(os.Getenv("DOCS_ISSUER"))
	return parsed, nil
}

// checkPolicy wants JSON, and no trust policy that is open to the whole cluster or lets in another one.
func checkPolicy(text []byte) error {
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("not JSON: %w: %s", err, text)
	}
	provider, err := trustpolicy.NewProvider("aws", accountID, os.Getenv("DOCS_ISSUER"))
	if err != nil {
		return err
	}
	for _, trusted := range valuesOf(document, "Federated") {
		if trusted != provider.ARN {
			return fmt.Errorf("this trust policy trusts another issuer than this cluster's: %v", trusted)
		}
	}
	open, err := trustpolicy.Open(text, provider)
	if err == nil && open {
		return errors.New("this trust policy is open to every service account of the cluster")
	}
	return err
}

// valuesOf are what a key has anywhere in a document.
func valuesOf(document any, key string) []any {
	var all []any
	switch part := document.(type) {
	case map[string]any:
		for name, value := range part {
			if name == key {
				all = append(all, value)
			}
			all = append(all, valuesOf(value, key)...)
		}
	case []any:
		for _, value := range part {
			all = append(all, valuesOf(value, key)...)
		}
	}
	return all
}
