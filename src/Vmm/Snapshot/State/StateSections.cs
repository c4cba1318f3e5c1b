using Vmm.Devices.State;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Snapshot.State;

/// <summary>Saves a machine part by part, and gives each part of another machine what its counterpart held.</summary>
internal static class StateSections
{
    /// <summary>Saves all parts. The machine is held and its devices are at rest.</summary>
    /// <exception cref="VmmException">Two parts have one name, as a disk may that its user called <c>pci</c>.</exception>
    public static SavedState Save(IReadOnlyList<IStateful> parts)
    {
        if (parts.GroupBy(part => part.StateName).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new VmmException($"the machine cannot be saved: a device has the id '{Printable.Escape(twice.Key)}', which is another part's name; give it another id");
        return new(SavedState.ThisArchitecture, [.. parts.Select(part => new StateSection(part.StateName, part.StateVersion, part.SaveState()))]);
    }

    /// <summary>Checks that a state has a section for each part and none besides, in versions that can be read.</summary>
    /// <param name="state">What was saved.</param>
    /// <param name="parts">Those of the machine that is to take it over.</param>
    /// <exception cref="VmmException">Naming the section.</exception>
    public static void Check(SavedState state, IReadOnlyList<IStateful> parts)
    {
        Dictionary<string, StateSection> sections = [];
        foreach (StateSection section in state.Sections)
        {
            if (section is null || !sections.TryAdd(section.Name, section))
                throw new VmmException($"the saved state has the section '{Printable.Escape(section?.Name ?? "null")}' twice: it is damaged");
        }
        foreach (IStateful part in parts)
        {
            if (!sections.Remove(part.StateName, out StateSection? section))
                throw new VmmException($"the saved state has no section '{part.StateName}', which a machine of this description has");
            if (section.Version < 1 || section.Version > part.StateVersion)
                throw new VmmException($"the saved state's section '{part.StateName}' is of version {section.Version}, and this vmm reads up to {part.StateVersion}: use a newer vmm");
        }
        if (sections.Keys.FirstOrDefault() is { } unknown)
            throw new VmmException($"the saved state has a section '{Printable.Escape(unknown)}', of which a machine of this description knows nothing");
    }

    /// <summary>Gives each part its section. What it throws leaves a machine that must not run.</summary>
    /// <exception cref="VmmException">A section is not what that part can hold; it and the field are named.</exception>
    public static void Restore(SavedState state, IReadOnlyList<IStateful> parts)
    {
        Check(state, parts);
        Dictionary<string, StateSection> sections = state.Sections.ToDictionary(section => section.Name);
        foreach (IStateful part in parts)
        {
            StateSection section = sections[part.StateName];
            try
            {
                part.RestoreState(section.Version, section.State);
            }
            catch (StateException wrong)
            {
                throw new VmmException(wrong.Message, cause: wrong);
            }
        }
    }
}
