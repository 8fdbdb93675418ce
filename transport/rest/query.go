package rest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"heard/domain"
)

// QueryText is a query parameter that is people's text, cleaned as what is stored
// was cleaned, so that it is found; "" = none.
func (x *Exchange) QueryText(name string) (string, error) {
	text, err := domain.Name(name, string(x.args(name).Peek(name)))
	if err != nil {
		return "", err
	}
	return text, nil
}

// QueryForeignID is a query parameter that is an id or a word of others, byte for
// byte; "" = none.
func (x *Exchange) QueryForeignID(name string) (string, error) {
	id := string(x.args(name).Peek(name))
	if id == "" {
		return "", nil
	}
	if err := domain.CheckForeignID(name, id); err != nil {
		return "", err
	}
	return id, nil
}

// maxListed bounds a list in a query parameter.
const maxListed = 100

// QueryList is a parameter that may be repeated or hold a list with commas.
func (x *Exchange) QueryList(name string) ([]string, error) {
	var list []string
	for _, value := range x.args(name).PeekMulti(name) {
		for _, one := range x.param(name).split(value) {
			if len(list) == maxListed {
				return nil, domain.Blame(domain.ValidationError, name, fmt.Sprintf("more than %d values", maxListed))
			}
			if err := domain.CheckForeignID(name, string(one)); err != nil {
				return nil, err
			}
			list = append(list, string(one))
		}
	}
	return list, nil
}

// QueryInt is a whole number from low to high, or absent when there is none.
func (x *Exchange) QueryInt(name string, absent, low, high int64) (int64, error) {
	text := x.args(name).Peek(name)
	if len(text) == 0 {
		return absent, nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < low || n > high {
		return 0, domain.Blame(domain.ValidationError, name, fmt.Sprintf("must be a whole number from %d to %d", low, high))
	}
	return n, nil
}

// QueryBool is 1, true, 0 or false; false when there is none.
func (x *Exchange) QueryBool(name string) (bool, error) {
	switch string(x.args(name).Peek(name)) {
	case "", "0", "false":
		return false, nil
	case "1", "true":
		return true, nil
	}
	return false, domain.Blame(domain.ValidationError, name, "must be true or false")
}

// QueryTime is an RFC 3339 time in ms since 1970; 0 = none.
func (x *Exchange) QueryTime(name string) (int64, error) {
	text := string(x.args(name).Peek(name))
	if text == "" {
		return 0, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		// A + that was not escaped arrives as a blank.
		at, err = time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1))
	}
	if err != nil || at.UnixMilli() <= 0 {
		return 0, domain.Blame(domain.ValidationError, name, "must be an RFC 3339 time like 2025-01-31T12:00:00Z")
	}
	return at.UnixMilli(), nil
}
