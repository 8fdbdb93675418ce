package screen

import (
	"runtime"
	"syscall"
)

// epoll tells which screens have something to read.
type epoll int

// readable is a screen with something to read, or with nothing more to come.
type readable struct {
	index int
	ended bool
}

func newEpoll() (epoll, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return epoll(fd), err
}

func (e epoll) add(fd, index int) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | -syscall.EPOLLET, Fd: int32(index)}
	return syscall.EpollCtl(int(e), syscall.EPOLL_CTL_ADD, fd, &event)
}

func (e epoll) remove(fd int) { _ = syscall.EpollCtl(int(e), syscall.EPOLL_CTL_DEL, fd, nil) }

func (e epoll) close() { _ = syscall.Close(int(e)) }

// look does not wait: see glance.
func (e epoll) look(found []readable) ([]readable, error) {
	var events [256]syscall.EpollEvent
	n, err := syscall.EpollWait(int(e), events[:], 0)
	if err != nil && err != syscall.EINTR {
		return nil, err
	}
	for _, event := range events[:max(n, 0)] {
		found = append(found, readable{int(event.Fd), event.Events&(syscall.EPOLLRDHUP|syscall.EPOLLERR) != 0})
	}
	return found, nil
}

func newSocket() (int, error) {
	return syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
}

// stepBack gives this goroutine a thread that runs when nobody else wants the
// processor.
func stepBack() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 19)
}
