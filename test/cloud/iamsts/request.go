package iamsts

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Request is what a fault is decided on.
type Request struct {
	// Action is the operation's name, such as GetRole.
	Action string
	// Role is the name of the role that the request is about, if any.
	Role string
	// N counts all requests from 1.
	N int
	// AccessKey is who asks; it is empty for requests that need no signature.
	AccessKey string
}

// call is a request on its way through the server.
type call struct {
	Request
	operation  operation
	parameters url.Values
	caller     principal
	now        time.Time
	// stale makes reads answer with what was before the last change.
	stale bool
}

// service is whose language the answer is in. What cannot be read is answered by IAM.
func (c *call) service() service {
	if c == nil {
		return iamService
	}
	return c.operation.service
}

// The bodies of the Query protocol hold at most two trust policies and fifty tags.
const maxBody = 1 << 20

// parse reads a request of the Query protocol and finds its operation.
func (s *Server) parse(r *http.Request) (*call, []byte, error) {
	if r.Method != http.MethodPost {
		return nil, nil, apiError{http.StatusMethodNotAllowed, "InvalidMethod", "Send a POST with the parameters in the body."}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, nil, apiError{http.StatusBadRequest, "RequestAborted", err.Error()}
	}
	parameters, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, body, apiError{http.StatusBadRequest, "MalformedInput", "The body is not a form: " + err.Error()}
	}
	c := &call{parameters: parameters, now: s.options.Now()}
	c.Action = parameters.Get("Action")
	c.Role = roleOf(parameters)
	if c.Action == "" {
		return nil, body, apiError{http.StatusBadRequest, "MissingAction", "The request must contain the parameter Action."}
	}
	operation, ok := operations[c.Action]
	if version := parameters.Get("Version"); !ok || version != operation.service.version() {
		return nil, body, apiError{http.StatusBadRequest, "InvalidAction", "Could not find operation " + c.Action + " for version " + version}
	}
	c.operation = operation
	return c, body, nil
}

// roleOf is the name of the role in the parameters, given as such or as the end of an ARN.
func roleOf(parameters url.Values) string {
	if name := parameters.Get("RoleName"); name != "" {
		return name
	}
	return nameIn(parameters.Get("RoleArn"))
}

// nameIn is the end of an ARN, behind its path.
func nameIn(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// service is one of the two that share the endpoint.
type service string

const (
	iamService service = "iam"
	stsService service = "sts"
)

func (s service) version() string {
	if s == stsService {
		return "2011-06-15"
	}
	return "2010-05-08"
}

func (s service) namespace() string {
	return "https://" + string(s) + ".amazonaws.com/doc/" + s.version() + "/"
}
