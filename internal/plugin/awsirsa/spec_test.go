package awsirsa

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

const aliceRole = "arn:aws:iam::123456789012:role/alice"

func TestReadSpec(t *testing.T) {
	plain := Spec{AwsIamRole: aliceRole, ServiceAccounts: []string{"default-editor"}}
	with := func(change func(*Spec)) Spec {
		s := plain
		change(&s)
		return s
	}
	tests := map[string]struct {
		members string
		want    Spec
	}{
		"the role alone":            {``, plain},
		"keys in other case":        {`,"AnnotateOnly":true`, with(func(s *Spec) { s.AnnotateOnly = true })},
		"keys in capitals":          {`,"ANNOTATEONLY":true`, with(func(s *Spec) { s.AnnotateOnly = true })},
		"no accounts":               {`,"serviceAccounts":[]`, plain},
		"null means the default":    {`,"serviceAccounts":null,"audience":null,"stsRegionalEndpoints":null,"tokenExpirationSeconds":null`, plain},
		"other accounts":            {`,"serviceAccounts":["pipeline-runner","a.b"]`, with(func(s *Spec) { s.ServiceAccounts = []string{"pipeline-runner", "a.b"} })},
		"an audience":               {`,"audience":"sts.cn-north-1.amazonaws.com.cn"`, with(func(s *Spec) { s.Audience = "sts.cn-north-1.amazonaws.com.cn" })},
		"regional endpoints":        {`,"stsRegionalEndpoints":true`, with(func(s *Spec) { s.StsRegionalEndpoints = ptr.To(true) })},
		"no regional endpoints":     {`,"stsRegionalEndpoints":false`, with(func(s *Spec) { s.StsRegionalEndpoints = ptr.To(false) })},
		"the shortest expiration":   {`,"tokenExpirationSeconds":600`, with(func(s *Spec) { s.TokenExpirationSeconds = ptr.To[int64](600) })},
		"the longest expiration":    {`,"tokenExpirationSeconds":4294967296`, with(func(s *Spec) { s.TokenExpirationSeconds = ptr.To[int64](1 << 32) })},
		"white space all around it": {"\n\t ", plain},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, role, err := readSpec(fmt.Appendf(nil, ` {"awsIamRole":%q%s} `, aliceRole, test.members))
			if err != nil || role.name != "alice" {
				t.Fatalf("role %+v, error %v", role, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABadSpecIsRefusedByTheNameOfTheField(t *testing.T) {
	with := func(member string) string { return fmt.Sprintf(`{"awsIamRole":%q,%s}`, aliceRole, member) }
	tests := map[string]struct{ spec, field, says string }{
		"nothing":                   {``, "awsIamRole", "is required"},
		"an empty object":           {`{}`, "awsIamRole", "is required"},
		"a null role":               {`{"awsIamRole":null}`, "awsIamRole", "is required"},
		"null":                      {`null`, "spec", "must be a JSON object"},
		"a list":                    {`[]`, "spec", "must be a JSON object"},
		"a string":                  {`"` + aliceRole + `"`, "spec", "must be a JSON object"},
		"no JSON":                   {`awsIamRole: x`, "spec", "must be a JSON object"},
		"half an object":            {`{"awsIamRole":"` + aliceRole + `"`, "spec", "cannot be read as JSON"},
		"half a value":              {`{"awsIamRole":"arn`, "awsIamRole", "cannot be read as JSON"},
		"a missing comma":           {`{"awsIamRole":"` + aliceRole + `" "audience":"x"}`, "spec", "cannot be read as JSON"},
		"two objects":               {with(`"audience":"x"`) + `{}`, "spec", "nothing else"},
		"something behind":          {with(`"audience":"x"`) + `,`, "spec", "nothing else"},
		"an unknown key":            {with(`"awsIamRoles":[]`), "awsIamRoles", "no such field; it has awsIamRole, annotateOnly"},
		"an unknown key with null":  {with(`"region":null`), "region", "no such field"},
		"an empty key":              {with(`"":1`), "", "no such field"},
		"a key twice":               {with(`"awsIamRole":"` + aliceRole + `"`), "awsIamRole", "given twice"},
		"a key twice in other case": {with(`"annotateOnly":true,"AnnotateOnly":false`), "AnnotateOnly", "given twice (as annotateOnly and AnnotateOnly)"},
		"a key twice with a long s": {with(`"awſIamRole":"x"`), "awſIamRole", "given twice"},
		"a role as a number":        {`{"awsIamRole":5}`, "awsIamRole", "must not be a JSON number"},
		"annotateOnly as text":      {with(`"annotateOnly":"true"`), "annotateOnly", "must not be a JSON string"},
		"accounts as text":          {with(`"serviceAccounts":"default-editor"`), "serviceAccounts", "must not be a JSON string"},
		"an account as a number":    {with(`"serviceAccounts":[1]`), "serviceAccounts", "must not be a JSON number"},
		"an audience as a list":     {with(`"audience":["a"]`), "audience", "must not be a JSON array"},
		"endpoints as text":         {with(`"stsRegionalEndpoints":"regional"`), "stsRegionalEndpoints", "must not be a JSON string"},
		"seconds as text":           {with(`"tokenExpirationSeconds":"3600"`), "tokenExpirationSeconds", "must not be a JSON string"},
		"half a second":             {with(`"tokenExpirationSeconds":3600.5`), "tokenExpirationSeconds", "must not be a JSON number"},
		"seconds beyond numbers":    {with(`"tokenExpirationSeconds":99999999999999999999`), "tokenExpirationSeconds", "must not be a JSON number"},
		"a second too few":          {with(`"tokenExpirationSeconds":599`), "tokenExpirationSeconds", "from 600 to 4294967296"},
		"a second too many":         {with(`"tokenExpirationSeconds":4294967297`), "tokenExpirationSeconds", "from 600 to 4294967296"},
		"negative seconds":          {with(`"tokenExpirationSeconds":-600`), "tokenExpirationSeconds", "-600 is out of bounds"},
		"an account in capitals":    {with(`"serviceAccounts":["Runner"]`), "serviceAccounts", `"Runner" is not the name`},
		"an empty account":          {with(`"serviceAccounts":[""]`), "serviceAccounts", `"" is not the name`},
		"an account with a colon":   {with(`"serviceAccounts":["x:y"]`), "serviceAccounts", "is not the name"},
		"an account twice":          {with(`"serviceAccounts":["a","b","a"]`), "serviceAccounts", `"a" is listed twice`},
		"an open audience":          {with(`"audience":"sts.*"`), "audience", "wildcards"},
		"no ARN":                    {`{"awsIamRole":"alice"}`, "awsIamRole", `"alice" is not the ARN`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := readSpec([]byte(test.spec))
			message := plugintest.WantRefusal(t, err, profilev1.ReasonInvalidPluginSpec)
			if !strings.HasPrefix(message, test.field) || !strings.Contains(message, test.says) {
				t.Errorf("the message is %q; want it to begin with %q and to say %q", message, test.field, test.says)
			}
		})
	}
}
