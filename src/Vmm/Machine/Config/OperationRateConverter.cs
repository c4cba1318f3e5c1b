namespace Vmm.Machine.Config;

/// <summary>A rate as <c>"1000/s"</c>, or a number for one by the second.</summary>
internal sealed class OperationRateConverter() : ScalarConverter<OperationRate>(OperationRate.Parse, "operations in a time, such as \"1000/s\"")
{
    /// <inheritdoc/>
    protected override bool AllowsNumber => true;
}
