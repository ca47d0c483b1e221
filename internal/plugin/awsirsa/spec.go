package awsirsa

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kfprofiles/kfprofiles/internal/plugin"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Spec is what an entry of spec.plugins of this kind can say. Keys are read without regard
// to case, because Profiles in the wild have AnnotateOnly and it works today.
type Spec struct {
	// AwsIamRole is the ARN of the role.
	AwsIamRole string `json:"awsIamRole"`
	// AnnotateOnly leaves IAM alone: nothing is called there, not even to read. The role's
	// trust policy is somebody else's to write.
	AnnotateOnly bool `json:"annotateOnly"`
	// ServiceAccounts may assume the role. By default default-editor alone. Those that do
	// not exist are created, without rights of their own inside the cluster.
	ServiceAccounts []string `json:"serviceAccounts"`
	// Audience is that of the tokens. By default sts.amazonaws.com.
	Audience string `json:"audience"`
	// StsRegionalEndpoints has pods use the STS endpoint of their region, or not. By
	// default the webhook decides.
	StsRegionalEndpoints *bool `json:"stsRegionalEndpoints"`
	// TokenExpirationSeconds is how long tokens in pods are valid; by default the webhook
	// decides, which takes 86400.
	TokenExpirationSeconds *int64 `json:"tokenExpirationSeconds"`
}

// The bounds of tokenExpirationSeconds are those of Kubernetes for projected tokens.
const (
	shortestExpiration = 600
	longestExpiration  = 1 << 32
)

// readSpec decodes and checks a spec. Errors are InvalidSpec errors.
func readSpec(raw []byte) (Spec, roleARN, error) {
	var s Spec
	if err := decode(raw, &s); err != nil {
		return s, roleARN{}, err
	}
	if s.AwsIamRole == "" {
		return s, roleARN{}, plugin.InvalidSpec("awsIamRole", "is required: the ARN of the role that the Profile's pods shall have")
	}
	role, err := parseRoleARN("awsIamRole", s.AwsIamRole)
	if err != nil {
		return s, role, err
	}
	if len(s.ServiceAccounts) == 0 {
		s.ServiceAccounts = []string{tenancy.EditorServiceAccount}
	}
	return s, role, s.check()
}

// mostServiceAccounts keeps the records in a Profile's status far from what an object may
// hold, and is more than fit into a trust policy of the usual length.
const mostServiceAccounts = 64

func (s Spec) check() error {
	if n := len(s.ServiceAccounts); n > mostServiceAccounts {
		return plugin.InvalidSpec("serviceAccounts", "%d accounts are listed; there can be at most %d", n, mostServiceAccounts)
	}
	for i, name := range s.ServiceAccounts {
		if len(validation.IsDNS1123Subdomain(name)) > 0 {
			return plugin.InvalidSpec("serviceAccounts", "%q is not the name of a service account", shortened(name))
		}
		for _, earlier := range s.ServiceAccounts[:i] {
			if earlier == name {
				return plugin.InvalidSpec("serviceAccounts", "%q is listed twice", name)
			}
		}
	}
	if s.Audience != "" {
		if err := trustpolicy.CheckAudience(s.Audience); err != nil {
			return plugin.InvalidSpec("audience", "%s", shortened(err.Error()))
		}
	}
	if e := s.TokenExpirationSeconds; e != nil && (*e < shortestExpiration || *e > longestExpiration) {
		return plugin.InvalidSpec("tokenExpirationSeconds", "%d is out of bounds; it must be from %d to %d", *e, shortestExpiration, longestExpiration)
	}
	return nil
}

// decode wants one JSON object that says each thing once. encoding/json would take the
// last of two keys that differ only in case, and so might not see an annotateOnly.
func decode(raw []byte, into *Spec) error {
	if len(raw) == 0 {
		return nil
	}
	if err := oneOfEachKey(raw); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType):
		return plugin.InvalidSpec(wrongType.Field, "must not be a JSON %s", shortened(wrongType.Value))
	}
	if field, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return plugin.InvalidSpec(shortened(strings.Trim(field, `"`)), "this plugin has no such field; it has awsIamRole, annotateOnly, serviceAccounts, audience, stsRegionalEndpoints and tokenExpirationSeconds")
	}
	return plugin.InvalidSpec("spec", "cannot be read as JSON")
}

func oneOfEachKey(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return plugin.InvalidSpec("spec", "must be a JSON object")
	}
	var keys []string
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return plugin.InvalidSpec("spec", "cannot be read as JSON")
		}
		key, _ := token.(string)
		for _, earlier := range keys {
			if strings.EqualFold(earlier, key) {
				return plugin.InvalidSpec(shortened(key), "is given twice (as %s and %s); keep one of them", shortened(earlier), shortened(key))
			}
		}
		keys = append(keys, key)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return plugin.InvalidSpec(shortened(key), "cannot be read as JSON")
		}
	}
	if _, err := decoder.Token(); err != nil {
		return plugin.InvalidSpec("spec", "cannot be read as JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return plugin.InvalidSpec("spec", "must be one JSON object and nothing else")
	}
	return nil
}
