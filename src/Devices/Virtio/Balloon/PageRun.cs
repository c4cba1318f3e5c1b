namespace Vmm.Devices.Virtio.Balloon;

/// <summary>Pages one after the other, in one region of RAM and therefore in the host, too.</summary>
/// <param name="Region">The region's number.</param>
/// <param name="First">The first page, counted over all regions.</param>
/// <param name="Count">How many.</param>
internal readonly record struct PageRun(int Region, long First, long Count)
{
    /// <summary>Whether a page is the next one.</summary>
    public bool IsContinuedBy(int region, long page) => Count > 0 && region == Region && page == First + Count;
}
