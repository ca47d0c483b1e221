package awsroles

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

// TestExplainIAM has the action come from the client, which knows it. What other services refuse
// has its own advice.
func TestExplainIAM(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}
	for service, want := range map[string]bool{"IAM": true, "STS": false} {
		err := fmt.Errorf("role/x could not be created: %w", &smithy.OperationError{ServiceID: service, OperationName: "CreateRole", Err: denied})
		if got := strings.Contains(ExplainIAM(err).Error(), "may not call iam:CreateRole."); got != want {
			t.Errorf("of %s it says %s", service, ExplainIAM(err))
		}
	}
	if ExplainIAM(nil) != nil {
		t.Error("there is an error where none was")
	}
}

func TestExplain(t *testing.T) {
	if Explain(nil, "iam:GetRole") != nil {
		t.Error("there is an error where none was")
	}
	for _, test := range []struct{ code, message, adds string }{
		{"AccessDenied", "no", "\nYour AWS credentials may not call iam:GetRole. Have it allowed, or use other credentials (AWS_PROFILE); docs/aws.md lists what each command needs."},
		{"ExpiredToken", "no", "\nYour AWS credentials have expired. Log in again, for example with aws sso login."},
		{"InvalidClientTokenId", "no", "\nAWS does not take your credentials. Log in again; in China and GovCloud, name a region of there with --region."},
		{"Throttling", "no", "\nToo much is asked of the account at the moment. Run the command again in a minute."},
		{"LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", "\nHave the quota of the account for the length of trust policies raised, or spread the Profiles over more roles."},
		{"LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", "\nHave this quota of the account raised in AWS's Service Quotas."},
		{"NoSuchEntity", "no", ""},
	} {
		plain := fmt.Errorf("list the roles: %w", &smithy.GenericAPIError{Code: test.code, Message: test.message})
		explained := Explain(plain, "iam:GetRole")
		if got, ok := strings.CutPrefix(explained.Error(), plain.Error()); !ok || got != test.adds {
			t.Errorf("%s: it says %s", test.code, explained)
		}
		if _, ok := errors.AsType[smithy.APIError](explained); !ok {
			t.Errorf("%s: what AWS said is lost", test.code)
		}
	}
	if err := errors.New("no route to host"); !errors.Is(Explain(err, "iam:GetRole"), err) || Explain(err, "iam:GetRole").Error() != err.Error() {
		t.Error("something is added to an error that is not of AWS")
	}
}
