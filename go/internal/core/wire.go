package core

// #include "redlatch.h"
import "C"

// At makes a client of the same settings and materials for another server. It is nil if the view
// holds a fault.
func (c *Client) At(batch *Batch, host string, port uint16) (*Client, View) {
	var handle *C.redlatch_client
	data, length := pointer([]byte(host))
	return made(C.redlatch_client_at(c.handle, data, length, C.uint16_t(port), batch.handle, &handle), &handle)
}

// Wire makes a client of the same settings, materials and server that is one wire.
func (c *Client) Wire(batch *Batch, login bool) (*Client, View) {
	var handle *C.redlatch_client
	return made(C.redlatch_wire_new(c.handle, C.bool(login), batch.handle, &handle), &handle)
}

// Credentials asks for username and secret, as JSON. Without an outcome whoever provides them is
// being asked.
func (c *Client) Credentials(batch *Batch) View {
	return view(C.redlatch_client_credentials(c.handle, batch.handle))
}

// ConnectWire connects a client that is a wire.
func (c *Client) ConnectWire(batch *Batch) View {
	return view(C.redlatch_lane_connect(c.handle, batch.handle, 0))
}

// Send sends bytes on a wire. A fault among the outcomes says why not.
func (c *Client) Send(batch *Batch, bytes []byte) View {
	data, length := pointer(bytes)
	return view(C.redlatch_lane_send(c.handle, batch.handle, 0, data, length))
}

// Finish says that no more bytes follow on a wire.
func (c *Client) Finish(batch *Batch) View {
	return view(C.redlatch_lane_finish(c.handle, batch.handle, 0))
}

// MayLeave tells whether a wire had better be left now.
func (c *Client) MayLeave() bool { return bool(C.redlatch_lane_may_leave(c.handle, 0)) }

func made(bytes C.redlatch_bytes, handle **C.redlatch_client) (*Client, View) {
	if *handle == nil {
		return nil, view(bytes)
	}
	held.Add(1)
	return &Client{*handle}, view(bytes)
}
