//! What a caller wants the types of RESP to become, as a set of bits in the flags of a record.
//!
//! None is node-redis's default. node/src/mapping.ts makes them of a `typeMapping`.

/// The upper half of a record's flags; the lower is the core's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mapping(u16);

impl Mapping {
    pub(crate) const BLOB_BUFFER: Self = Self(1);
    pub(crate) const SIMPLE_BUFFER: Self = Self(1 << 1);
    pub(crate) const VERBATIM_BUFFER: Self = Self(1 << 2);
    pub(crate) const VERBATIM_OBJECT: Self = Self(1 << 3);
    pub(crate) const NUMBER_TEXT: Self = Self(1 << 4);
    pub(crate) const DOUBLE_TEXT: Self = Self(1 << 5);
    pub(crate) const BIG_TEXT: Self = Self(1 << 6);
    pub(crate) const SET_AS_SET: Self = Self(1 << 7);
    pub(crate) const MAP_AS_MAP: Self = Self(1 << 8);
    pub(crate) const MAP_AS_ARRAY: Self = Self(1 << 9);

    pub(crate) fn of(flags: u32) -> Self {
        Self((flags >> 16) as u16)
    }

    pub(crate) fn is_default(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(crate) fn has(self, bit: Self) -> bool {
        self.0 & bit.0 != 0
    }

    /// For a key of a map: strings stay text.
    pub(crate) fn of_key(self) -> Self {
        Self(self.0 & !(Self::BLOB_BUFFER.0 | Self::SIMPLE_BUFFER.0))
    }
}
