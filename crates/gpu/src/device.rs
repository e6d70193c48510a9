//! The device: asked for once, with what the adapter has, and watched from then on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::GpuError;

/// Workgroup memory that every WebGPU device has.
const LEAST_WORKGROUP_BYTES: u32 = 16_384;
/// What the largest tiles take.
const WANTED_WORKGROUP_BYTES: u32 = 32_768;

/// How the device is opened. The default is what a user gets; all else is for tests.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Workgroup memory in bytes to ask for instead of the usual. More than the adapter has is refused by it, and the
    /// adapter's own is taken; less gives smaller tiles.
    pub workgroup_bytes: Option<u32>,
    /// What to leave out though it is there.
    pub without: Features,
    /// A shader that computes nonsense on purpose, which a self-test has to find.
    pub wrong: bool,
}

/// What computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Its name, or the browser's description of it; may be empty.
    pub name: String,
    /// The driver, or the architecture in a browser; may be empty.
    pub driver: String,
    /// `vulkan`, `metal`, `dx12` or `webgpu`.
    pub backend: &'static str,
    /// Whether it is known to be a program that runs on the CPU: right, and slower than the CPU itself.
    pub software: bool,
}

/// An open device. Cheap to share by reference; everything made of it is dropped before it or with it.
#[derive(Debug)]
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) watch: Watch,
    adapter: Adapter,
    features: Features,
    workgroup_bytes: u32,
    bytes: AtomicU64,
    wrong: bool,
}

/// What of the optional is there and used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// Arithmetic in half precision (`shader-f16`).
    pub half: bool,
    /// Products of four bytes at a time (the language feature `packed_4x8_integer_dot_product`).
    pub packed: bool,
}

/// What went wrong behind our back, the first of each kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    lost: Option<GpuError>,
    error: Option<GpuError>,
}

impl Watch {
    pub(crate) fn saw(&self, error: GpuError) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = match error {
            GpuError::Lost { .. } => &mut seen.lost,
            _ => &mut seen.error,
        };
        slot.get_or_insert(error);
    }

    /// The loss of the device, which stays; else an error, which is told once.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.lost.clone().or_else(|| seen.error.take()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

impl Gpu {
    /// Opens the fastest adapter there is.
    ///
    /// Errors: [`GpuError::Absent`]; [`GpuError::Unsupported`] where workgroup memory is below WebGPU's least.
    pub async fn open(options: &Options) -> Result<Self, GpuError> {
        let absent = |what: &dyn std::fmt::Display| GpuError::Absent { what: what.to_string() };
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let wanted = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&wanted).await.map_err(|error| absent(&error))?;
        let half = !options.without.half && adapter.features().contains(wgpu::Features::SHADER_F16);
        let packed = !options.without.packed
            && instance
                .wgsl_language_features()
                .contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct);
        let own = adapter.limits();
        // Buffers as large as the adapter has them; of all else what WebGPU guarantees.
        let limits = wgpu::Limits {
            max_buffer_size: own.max_buffer_size,
            max_storage_buffer_binding_size: own.max_storage_buffer_binding_size,
            max_compute_workgroup_storage_size: options.workgroup_bytes.unwrap_or(
                own.max_compute_workgroup_storage_size
                    .clamp(LEAST_WORKGROUP_BYTES, WANTED_WORKGROUP_BYTES),
            ),
            ..wgpu::Limits::defaults()
        };
        let features = if half { wgpu::Features::SHADER_F16 } else { wgpu::Features::empty() };
        let descriptor = |limits| wgpu::DeviceDescriptor {
            label: Some("sextant"),
            required_features: features,
            required_limits: limits,
            ..Default::default()
        };
        let (device, queue) = match adapter.request_device(&descriptor(limits)).await {
            Ok(opened) => opened,
            Err(_) => {
                adapter.request_device(&descriptor(own)).await.map_err(|error| absent(&error))?
            }
        };
        let workgroup_bytes = device.limits().max_compute_workgroup_storage_size;
        if workgroup_bytes < LEAST_WORKGROUP_BYTES {
            return Err(GpuError::Unsupported {
                what: "workgroup memory in bytes, of which at least",
                found: workgroup_bytes.into(),
                needed: LEAST_WORKGROUP_BYTES.into(),
            });
        }
        let watch = Watch::default();
        let lost = watch.clone();
        device.set_device_lost_callback(move |_, what| lost.saw(GpuError::Lost { what }));
        // wgpu's own handler ends the program.
        let uncaptured = watch.clone();
        device.on_uncaptured_error(Arc::new(move |error| uncaptured.saw(of_driver(&error))));
        Ok(Self {
            device,
            queue,
            watch,
            adapter: describe(&adapter.get_info()),
            features: Features { half, packed },
            workgroup_bytes,
            bytes: AtomicU64::new(0),
            wrong: options.wrong,
        })
    }

    /// What computes.
    #[must_use]
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// What of the optional is used.
    #[must_use]
    pub fn features(&self) -> Features {
        self.features
    }

    /// Memory of a workgroup in bytes, at least 16,384.
    #[must_use]
    pub fn workgroup_bytes(&self) -> u32 {
        self.workgroup_bytes
    }

    /// Most bytes that a shader sees of one buffer.
    #[must_use]
    pub fn largest_buffer(&self) -> u64 {
        let limits = self.device.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    /// Bytes of the buffers that are alive.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether [`Options::wrong`] was asked for.
    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong
    }

    pub(crate) fn count_bytes(&self, more: u64) {
        self.bytes.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn discount_bytes(&self, fewer: u64) {
        self.bytes.fetch_sub(fewer, Ordering::Relaxed);
    }

    /// Gives the device back; whatever is under way ends in [`GpuError::Lost`].
    pub fn destroy(&self) {
        self.device.destroy();
        self.watch.saw(GpuError::Lost { what: "destroyed".to_owned() });
    }
}

/// What the driver says, as ours.
pub(crate) fn of_driver(error: &wgpu::Error) -> GpuError {
    let what = error.to_string();
    match error {
        wgpu::Error::OutOfMemory { .. } => GpuError::Memory { what },
        _ => GpuError::Wrong { what },
    }
}

fn describe(info: &wgpu::AdapterInfo) -> Adapter {
    /// Names of programs that compute on the CPU, where a browser does not say so.
    const PROGRAMS: [&str; 4] = ["llvmpipe", "swiftshader", "basic render driver", "softpipe"];
    let says = |text: &str| {
        let text = text.as_bytes();
        PROGRAMS.iter().any(|program| {
            let program = program.as_bytes();
            text.windows(program.len()).any(|found| found.eq_ignore_ascii_case(program))
        })
    };
    Adapter {
        name: info.name.clone(),
        driver: info.driver.clone(),
        backend: info.backend.to_str(),
        software: info.device_type == wgpu::DeviceType::Cpu
            || says(&info.name)
            || says(&info.driver)
            || says(&info.driver_info),
    }
}
