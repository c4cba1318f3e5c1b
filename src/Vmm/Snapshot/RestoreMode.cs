using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>How a guest gets its memory back.</summary>
[JsonConverter(typeof(WordConverter<RestoreMode>))]
internal enum RestoreMode
{
    /// <summary>Mapped from the snapshot's files, copy-on-write: a page is read when it is touched. Takes no time, whatever the size.</summary>
    Lazy,

    /// <summary>Read into memory of its own before the guest goes on.</summary>
    Eager,

    /// <summary>Read into memory of its own while the guest runs, what it waits for first (userfaultfd).</summary>
    Demand,
}
