package awsclient

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// CodeOf is the code of an answer that refuses, or empty when there was no answer. Where the
// SDK cannot read the answer, because a proxy or a server that imitates AWS gave it, the
// HTTP status decides: byStatus has the codes that statuses stand for in this service.
func CodeOf(err error, byStatus map[int]string) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() != "UnknownError" {
		return api.ErrorCode()
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return byStatus[response.HTTPStatusCode()]
	}
	return ""
}

// Throttled tells whether AWS asks to be called less often, by the codes that the SDK
// itself takes for that.
func Throttled(code string) bool {
	_, listed := retry.DefaultThrottleErrorCodes[code]
	return listed
}

// Result is how a request is counted: ok, throttled, unreachable, or the code of its error,
// which CodeOf tells.
func Result(err error, code string) string {
	switch {
	case err == nil:
		return "ok"
	case Throttled(code):
		return "throttled"
	case code != "":
		return code
	default:
		return "unreachable"
	}
}
