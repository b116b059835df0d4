package core

// #include "redlatch.h"
import "C"

// Doctor is one examination.
type Doctor struct{ handle *C.redlatch_doctor }

// NewDoctor prepares an examination of settings, one JSON object. It is nil if the view holds a fault.
func NewDoctor(batch *Batch, settings []byte, fromEnv, replicaOK bool) (*Doctor, View) {
	var handle *C.redlatch_doctor
	data, length := pointer(settings)
	made := view(C.redlatch_doctor_new(data, length, C.bool(fromEnv), C.bool(replicaOK), batch.handle, &handle))
	if handle == nil {
		return nil, made
	}
	held.Add(1)
	return &Doctor{handle}, made
}

// Free frees the doctor, after Examine has returned.
func (d *Doctor) Free() {
	C.redlatch_doctor_free(d.handle)
	d.handle = nil
	held.Add(-1)
}

// Provide hands in what a provider gave.
func (d *Doctor) Provide(batch *Batch, material uint16, parts []byte) View {
	data, length := pointer(parts)
	return view(C.redlatch_doctor_provide(d.handle, batch.handle, C.uint16_t(material), data, length))
}

// ProvideFailed tells why a provider gave nothing.
func (d *Doctor) ProvideFailed(batch *Batch, material uint16, why string) View {
	data, length := pointer([]byte(why))
	return view(C.redlatch_doctor_provide_failed(d.handle, batch.handle, C.uint16_t(material), data, length))
}

// Examine waits for the report. Unlike all other calls it waits for the network, in C.
func (d *Doctor) Examine(batch *Batch) View {
	return view(C.redlatch_doctor_examine(d.handle, batch.handle))
}

// Cancel ends an examination that another goroutine waits for.
func (d *Doctor) Cancel() { C.redlatch_doctor_cancel(d.handle) }
