using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Storage;

/// <summary>How a disk's requests wait for the host. Those that need not wait are done by the disk's event thread in any case.</summary>
[JsonConverter(typeof(WordConverter<DiskEngine>))]
internal enum DiskEngine
{
    /// <summary>io_uring where the host has it, else threads.</summary>
    Auto,

    /// <summary>io_uring; the disk is refused where there is none.</summary>
    Io_uring,

    /// <summary>Threads of our own.</summary>
    Threads,
}
