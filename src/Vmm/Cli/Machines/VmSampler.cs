using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>Looks at all VMs again and again, and makes rows of what changed between two looks.</summary>
/// <param name="home">Where they are.</param>
internal sealed class VmSampler(VmHome home)
{
    private Dictionary<string, VmView> _before = [];

    /// <summary>Looks; rates are null for a VM that the look before did not see.</summary>
    /// <param name="names">Which; all of them when empty.</param>
    public IReadOnlyList<VmRow> Look(params IReadOnlyList<string> names)
    {
        IEnumerable<VmFolder> folders = names.Count == 0 ? home.All() : names.Select(home.Existing);
        return Rows([.. folders.Select(VmView.Look)]);
    }

    /// <summary>Looks a moment later at those of before, for their rates; one that did not answer is not asked again.</summary>
    public IReadOnlyList<VmRow> LookAgain() => Rows([.. _before.Values.Select(view => view.IsStuck ? view : VmView.Look(view.Folder))]);

    private List<VmRow> Rows(List<VmView> views)
    {
        List<VmRow> rows = [];
        foreach (VmView view in views)
        {
            VmRow row = VmRow.Of(_before.GetValueOrDefault(view.Folder.Name, view), view);
            // Asked afterwards: one that was removed meanwhile is not a damaged one.
            if (view.Folder.Exists)
                rows.Add(row);
        }
        _before = views.ToDictionary(view => view.Folder.Name, StringComparer.Ordinal);
        return rows;
    }
}
