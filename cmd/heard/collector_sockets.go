package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"heard/transport/ws"
)

type socketFigure struct {
	describe *prometheus.Desc
	kind     prometheus.ValueType
	read     func(*ws.Stats) int64
}

// socketFigures are the gateway's counters for Prometheus.
func socketFigures() []socketFigure {
	var all []socketFigure
	add := func(kind prometheus.ValueType, name, help string, read func(*ws.Stats) int64) {
		all = append(all, socketFigure{prometheus.NewDesc("heard_ws_"+name, help, nil, nil), kind, read})
	}
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	add(gauge, "sockets", "Open sockets.", func(s *ws.Stats) int64 { return s.Active })
	add(gauge, "organisations", "Organisations with sockets.", func(s *ws.Stats) int64 { return s.Organisations })
	add(gauge, "reply_bytes", "Bytes of large answers to sockets' commands that wait to be read.", func(s *ws.Stats) int64 { return s.ReplyBytes })
	add(counter, "replies_refused_total", "Such answers refused because too many bytes waited.", func(s *ws.Stats) int64 { return s.RepliesRefused })
	add(gauge, "rooms", "Audiences that are live.", func(s *ws.Stats) int64 { return s.Rooms })
	add(gauge, "stalled", "Sockets whose send buffer is full.", func(s *ws.Stats) int64 { return s.Stalled })
	add(gauge, "catching_up", "Sockets that are given a snapshot or what they missed.", func(s *ws.Stats) int64 { return s.CatchingUp })
	add(counter, "accepted_total", "Sockets opened.", func(s *ws.Stats) int64 { return s.Accepted })
	add(counter, "refused_total", "Sockets refused beyond a limit.", func(s *ws.Stats) int64 { return s.Refused })
	add(counter, "received_total", "Messages from clients.", func(s *ws.Stats) int64 { return s.Received })
	add(counter, "commands_total", "Commands over sockets.", func(s *ws.Stats) int64 { return s.Commands })
	add(counter, "sent_total", "Frames written.", func(s *ws.Stats) int64 { return s.Sent })
	add(counter, "failed_total", "Frames whose socket ended first.", func(s *ws.Stats) int64 { return s.Failed })
	add(counter, "slow_closed_total", "Sockets closed because they read too slowly.", func(s *ws.Stats) int64 { return s.Cut })
	add(counter, "idle_closed_total", "Sockets closed because nothing was heard of them.", func(s *ws.Stats) int64 { return s.Idle })
	add(counter, "unauthenticated_closed_total", "Sockets closed for their token.", func(s *ws.Stats) int64 { return s.Refusals })
	add(counter, "replayed_total", "Events encoded for sockets that resumed.", func(s *ws.Stats) int64 { return s.Replayed })
	add(counter, "snapshot_pages_total", "Snapshot chunks encoded.", func(s *ws.Stats) int64 { return s.Pages })
	add(counter, "shared_chunks_total", "Chunks taken again by another socket.", func(s *ws.Stats) int64 { return s.Shared })
	add(counter, "resyncs_total", "Positions that were of no use.", func(s *ws.Stats) int64 { return s.Resyncs })
	add(counter, "overflows_total", "Times that a writer could not keep up.", func(s *ws.Stats) int64 { return s.Overflows })
	add(counter, "panics_total", "Panics caught in the gateway.", func(s *ws.Stats) int64 { return s.Panics })
	return all
}
