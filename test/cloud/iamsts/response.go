package iamsts

import (
	"bytes"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
)

// apiError is an answer that refuses the request.
type apiError struct {
	status        int
	code, message string
}

// accessDenied is the code that both services give to a missing permission.
const accessDenied = "AccessDenied"

func (e apiError) Error() string { return e.code + ": " + e.message }

// errorBody is the shape that both services give their errors.
type errorBody struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

func writeError(w http.ResponseWriter, from service, err error) {
	var e apiError
	if !errors.As(err, &e) {
		e = apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
	}
	body := errorBody{Namespace: from.namespace(), Type: "Sender", Code: e.code, Message: e.message, RequestID: requestID()}
	if e.status >= http.StatusInternalServerError {
		body.Type = "Receiver"
	}
	write(w, e.status, body.RequestID, body)
}

// resultBody wraps a result as <ActionResponse><ActionResult>. Its names depend on the
// action, so it writes itself.
type resultBody struct {
	namespace, action, requestID string
	result                       any
}

// MarshalXML writes the two elements around the result.
func (b resultBody) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	response := xml.StartElement{
		Name: xml.Name{Local: b.action + "Response"},
		Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: b.namespace}},
	}
	metadata := struct {
		RequestID string `xml:"RequestId"`
	}{b.requestID}
	err := e.EncodeToken(response)
	if b.result != nil {
		err = errors.Join(err, e.EncodeElement(b.result, xml.StartElement{Name: xml.Name{Local: b.action + "Result"}}))
	}
	err = errors.Join(err, e.EncodeElement(metadata, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}}))
	return errors.Join(err, e.EncodeToken(response.End()))
}

func writeResult(w http.ResponseWriter, c *call, result any) {
	body := resultBody{c.operation.service.namespace(), c.Action, requestID(), result}
	write(w, http.StatusOK, body.requestID, body)
}

func write(w http.ResponseWriter, status int, requestID string, body any) {
	var text bytes.Buffer
	if err := xml.NewEncoder(&text).Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(status)
	// Who hung up does not want the answer.
	_, _ = w.Write(text.Bytes())
}

func requestID() string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
