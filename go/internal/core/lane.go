package core

// #include "redlatch.h"
import "C"

// Purposes of lanes.
const (
	LaneHeld      = C.REDLATCH_HELD
	LaneListening = C.REDLATCH_LISTENING
)

// OpenLane opens a connection beside the shared one. A Lane record tells its number, a fault why not.
func (c *Client) OpenLane(batch *Batch, purpose uint16) View {
	return view(C.redlatch_lane_open(c.handle, batch.handle, C.uint16_t(purpose)))
}

// SubmitTo hands in packed records for a lane and the packed commands they describe.
func (c *Client) SubmitTo(batch *Batch, lane uint32, records, payload []byte) View {
	recordsAt, recordsLength := pointer(records)
	payloadAt, payloadLength := pointer(payload)
	return view(C.redlatch_lane_submit(
		c.handle, batch.handle, C.uint32_t(lane), recordsAt, recordsLength, payloadAt, payloadLength))
}

// ShutLane closes a lane.
func (c *Client) ShutLane(batch *Batch, lane uint32) View {
	return view(C.redlatch_lane_shut(c.handle, batch.handle, C.uint32_t(lane)))
}

// TakeBack tells that whoever held a lane is done.
func (c *Client) TakeBack(batch *Batch, lane uint32) View {
	return view(C.redlatch_lane_take_back(c.handle, batch.handle, C.uint32_t(lane)))
}
