package awsclient

import (
	"errors"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// answered is an error as the SDK makes it of an answer.
func answered(status int, err error) error {
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}}
}

func TestErrorsAreReadAndCounted(t *testing.T) {
	tests := map[string]struct {
		err          error
		code, result string
	}{
		"none":                  {nil, "", "ok"},
		"a code":                {answered(403, &smithy.GenericAPIError{Code: "AccessDenied"}), "AccessDenied", "AccessDenied"},
		"asked too often":       {answered(400, &smithy.GenericAPIError{Code: "Throttling"}), "Throttling", "throttled"},
		"an answer of a proxy":  {answered(429, &smithy.GenericAPIError{Code: "UnknownError"}), "ThrottlingException", "throttled"},
		"not readable at all":   {answered(429, errors.New("no XML")), "ThrottlingException", "throttled"},
		"a status that is none": {answered(502, errors.New("no XML")), "", "unreachable"},
		"no answer":             {errors.New("connection refused"), "", "unreachable"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code := CodeOf(test.err, map[int]string{429: "ThrottlingException"})
			if result := Result(test.err, code); code != test.code || result != test.result {
				t.Errorf("got the code %q, counted as %s; want %q and %s", code, result, test.code, test.result)
			}
		})
	}
}
