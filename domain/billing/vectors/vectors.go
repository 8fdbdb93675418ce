// Package vectors checks the billing engine against files of figures that others state: an input, and what is
// expected of it. The schema is the product's billing vector schema; numbers are text and never pass through a float.
//
// A vector passes only when every expectation in it was understood and met. It reads what it is given and writes
// nothing.
package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Result is the verdict on one vector. Err is nil when everything that the vector expects came out, else it names
// each field with what was wanted and got.
type Result struct {
	ID  string
	Err error
}

// vector is one entry of a file. What it expects stays raw, so that nothing in it can be passed over.
type vector struct {
	ID     string                     `json:"id"`
	Kind   string                     `json:"kind"`
	Input  json.RawMessage            `json:"input"`
	Expect map[string]json.RawMessage `json:"expect"`
}

// Check runs all vectors of a file, in its order. A file that is not of the schema is an error; a vector that is not
// is a failure of that vector.
func Check(r io.Reader) ([]Result, error) {
	var file struct {
		Vectors []vector `json:"vectors"`
	}
	decoder := json.NewDecoder(r)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("not a file of billing vectors: %s", whatIsWrong(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a file of billing vectors: more follows its first object")
	}
	if file.Vectors == nil {
		return nil, errors.New(`not a file of billing vectors: it has no "vectors"`)
	}
	results := make([]Result, len(file.Vectors))
	for i := range file.Vectors {
		results[i] = Result{ID: file.Vectors[i].ID, Err: file.Vectors[i].check()}
	}
	return results, nil
}

// whatIsWrong says it in the file's words; the decoder's are those of Go's types.
func whatIsWrong(err error) string {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return wrong.Value + ` where an object with "vectors" should be`
	case errors.As(err, &wrong):
		return fmt.Sprintf("%s is %s at byte %d", wrong.Field, wrong.Value, wrong.Offset)
	case errors.As(err, &syntax):
		return fmt.Sprintf("no JSON at byte %d: %v", syntax.Offset, err)
	case errors.Is(err, io.EOF):
		return "it is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return err.Error()
}

func (v *vector) check() error {
	if len(v.Expect) == 0 {
		return errors.New("nothing is expected, so nothing was checked")
	}
	switch v.Kind {
	case "bill":
		return v.checkBill()
	case "allocate":
		return v.checkAllocate()
	case "split":
		return v.checkSplit()
	case "round":
		return v.checkRound()
	case "tender":
		return v.checkTender()
	case "refund":
		return v.checkRefund()
	}
	return fmt.Errorf("unknown kind %q", v.Kind)
}

// decode reads the input of a kind.
func (v *vector) decode(input any) error {
	if len(v.Input) == 0 {
		return errors.New("input: missing")
	}
	if err := json.Unmarshal(v.Input, input); err != nil {
		return fmt.Errorf("input: %w", err)
	}
	return nil
}
