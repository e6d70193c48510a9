//! A shader that is ready to run, and the buffers it runs on.
//!
//! A [`Shader`] is its text and its constants, and can be looked at without a device; a [`Kernel`] is what a device made
//! of it; a [`Bound`] is a kernel with its buffers, made once and dispatched as often as one likes.

use std::borrow::Cow;

use crate::buffer::Buffer;
use crate::device::Gpu;
use crate::error::{GpuError, require_len};

/// How a shader sees a binding, in the order of their numbers in group 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// `var<uniform>`.
    Uniform,
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    Write,
}

/// What `real` is in a shader's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Real {
    /// The shader has no such type.
    None,
    /// `f32`.
    Single,
    /// `f16`: needs the feature.
    Half,
}

/// A shader with its constants: one variant of it.
#[derive(Debug, Clone)]
pub struct Shader {
    /// For messages and for the driver's tools.
    pub label: &'static str,
    /// What `real` is.
    pub real: Real,
    /// Whether it multiplies packed bytes: needs the language feature.
    pub packed: bool,
    /// WGSL files that make it up, helpers first.
    pub files: &'static [&'static str],
    /// Values of its `override`s.
    pub constants: Vec<(&'static str, f64)>,
    /// Its bindings.
    pub bindings: &'static [Binding],
}

impl Shader {
    /// Its whole text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.packed {
            text.push_str("requires packed_4x8_integer_dot_product;\n");
        }
        text.push_str(match self.real {
            Real::None => "",
            Real::Single => "alias real = f32;\n",
            Real::Half => "enable f16;\nalias real = f16;\n",
        });
        text.extend(self.files.iter().copied());
        text
    }
}

/// A shader that the device has compiled. Its entry point is `main`.
#[derive(Debug)]
pub struct Kernel {
    label: &'static str,
    bindings: &'static [Binding],
    layout: wgpu::BindGroupLayout,
    pipeline: wgpu::ComputePipeline,
}

impl Kernel {
    /// Compiles `shader`. What is wrong with it shows at [`crate::Run::finish`].
    #[must_use]
    pub fn new(gpu: &Gpu, shader: &Shader) -> Self {
        let label = Some(shader.label);
        let entries: Vec<_> = (0..)
            .zip(shader.bindings)
            .map(|(binding, kind)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: match kind {
                        Binding::Uniform => wgpu::BufferBindingType::Uniform,
                        Binding::Read => wgpu::BufferBindingType::Storage { read_only: true },
                        Binding::Write => wgpu::BufferBindingType::Storage { read_only: false },
                    },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let layout = gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label,
            entries: &entries,
        });
        let module = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label,
            source: wgpu::ShaderSource::Wgsl(Cow::Owned(shader.text())),
        });
        let pipeline_layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &shader.constants,
                // Every tile is written before it is read.
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        Self { label: shader.label, bindings: shader.bindings, layout, pipeline }
    }

    /// The kernel with its buffers, in the order of its bindings.
    ///
    /// Errors: [`GpuError::Shape`] for another number of buffers.
    pub fn bind(&self, gpu: &Gpu, buffers: &[&Buffer]) -> Result<Bound, GpuError> {
        require_len("buffers of a kernel", self.bindings.len(), buffers.len())?;
        let entries: Vec<_> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.inner.as_entire_binding(),
            })
            .collect();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(self.label),
            layout: &self.layout,
            entries: &entries,
        });
        Ok(Bound { pipeline: self.pipeline.clone(), group })
    }
}

/// A kernel with its buffers.
#[derive(Debug, Clone)]
pub struct Bound {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) group: wgpu::BindGroup,
}
