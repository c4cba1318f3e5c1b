namespace Vmm.Machine.Config;

/// <summary>A size as <c>"256M"</c>, or a number of MiB.</summary>
internal sealed class ByteSizeConverter() : ScalarConverter<ByteSize>(ByteSize.Parse, "a size, such as \"256M\"")
{
    /// <inheritdoc/>
    protected override bool AllowsNumber => true;
}
