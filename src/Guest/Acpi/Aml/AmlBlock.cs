namespace Vmm.Guest.Acpi.Aml;

/// <summary>An open block; disposing it writes its length in front.</summary>
internal readonly struct AmlBlock(AmlWriter writer, int start) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => writer.Close(start);
}
