using System.Text;

namespace Vmm.Api;

/// <summary>The API's description, as it is kept in <c>docs/openapi.yaml</c>.</summary>
internal static class OpenApiDocument
{
    private const string Resource = "openapi.yaml";

    /// <summary>As it is kept.</summary>
    public static string Yaml
    {
        get
        {
            using Stream stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(Resource)!;
            using StreamReader reader = new(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The same as JSON.</summary>
    public static string Json => YamlToJson.Convert(Yaml);
}
