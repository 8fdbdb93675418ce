package ws

import (
	"encoding/binary"
	"unicode/utf8"
)

// Opcodes of RFC 6455.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	finBit  = 0x80
	maskBit = 0x80
)

// Close codes: the registered ones that we send, and our own.
const (
	closeNormal    = 1000
	closeProtocol  = 1002
	closeNoBinary  = 1003
	closeNoStatus  = 1005 // never sent: an empty close frame
	closeBadText   = 1007
	closeTooBig    = 1009
	closeInternal  = 1011
	closeRestart   = 1012
	closeTryLater  = 1013
	closeSlow      = 4008
	closeNoToken   = 4401
	closeForbidden = 4403
	closeIdle      = 4408
)

// headRoom is what begin leaves free for seal.
const headRoom = 10

// begin starts a frame whose payload is about size bytes.
func begin(size int) []byte { return make([]byte, headRoom, headRoom+size) }

// seal writes the header in front of what was appended after begin, and returns
// the frame: complete, never changed afterwards, shared by all who get it.
func seal(b []byte, opcode byte) []byte {
	n := len(b) - headRoom
	switch {
	case n <= maxControlBytes:
		b = b[8:]
		b[1] = byte(n)
	case n < 1<<16:
		b = b[6:]
		b[1] = 126
		binary.BigEndian.PutUint16(b[2:], uint16(n))
	default:
		b[1] = 127
		binary.BigEndian.PutUint64(b[2:], uint64(n))
	}
	b[0] = finBit | opcode
	return b
}

func controlFrame(opcode byte, payload []byte) []byte {
	return seal(append(begin(len(payload)), payload...), opcode)
}

// closeFrame cuts the reason to what a control frame holds.
func closeFrame(code int, reason string) []byte {
	if code == closeNoStatus {
		return controlFrame(opClose, nil)
	}
	for len(reason) > maxControlBytes-2 || !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	b := binary.BigEndian.AppendUint16(begin(2+len(reason)), uint16(code))
	return seal(append(b, reason...), opClose)
}

// validCloseCode reports whether a client may send the code.
func validCloseCode(code int) bool {
	switch {
	case code >= 3000 && code <= 4999:
		return true
	case code >= 1000 && code <= 1014:
		return code != 1004 && code != 1005 && code != 1006
	}
	return false
}
