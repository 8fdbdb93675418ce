//go:build !linux

package screen

import "errors"

var errNeedsLinux = errors.New("many screens in one process need Linux")

// epoll is not there: no wall is made, and nothing below is ever called.
type epoll struct{}

type readable struct {
	index int
	ended bool
}

func newEpoll() (epoll, error)                    { return epoll{}, errNeedsLinux }
func (epoll) add(int, int) error                  { return errNeedsLinux }
func (epoll) remove(int)                          {}
func (epoll) close()                              {}
func (epoll) look([]readable) ([]readable, error) { return nil, errNeedsLinux }
func newSocket() (int, error)                     { return 0, errNeedsLinux }
func stepBack()                                   {}
