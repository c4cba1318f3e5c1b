namespace Vmm.Trace.Format;

/// <summary>What a record within a block is.</summary>
internal enum RecordKind : byte
{
    /// <summary>An exit, answered.</summary>
    Exit = 1,

    /// <summary>An instruction, which gets the next number of this vCPU's, from 1.</summary>
    Code = 2,

    /// <summary>A device, likewise.</summary>
    Device = 3,

    /// <summary>An instruction that was stepped over, with the registers that it changed.</summary>
    Step = 4,
}
