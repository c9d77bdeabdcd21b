using ManagedOAuth.Contracts.Policies;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>Collects everything that is wrong, so that one start shows it all.</summary>
internal sealed class EdgeOptionsValidator : IValidateOptions<EdgeOptions>
{
    public ValidateOptionsResult Validate(string? name, EdgeOptions options)
    {
        var problems = new List<string>();
        Origin(problems, "Edge:TeamDomain", options.TeamDomain);
        Origin(problems, "Edge:DashboardDomain", options.DashboardDomain);
        if (options.Listen.Count == 0)
        {
            problems.Add("Edge:Listen names no address; give at least one, such as http://localhost:8700.");
        }

        foreach (var url in options.Listen)
        {
            if (!ListenAddress.TryParse(url, out var address, out var problem))
            {
                problems.Add($"Edge:Listen '{url}': {problem}");
            }
            else if (address.IsHttps && (options.CertificateFile.Length == 0 || options.CertificateKeyFile.Length == 0))
            {
                problems.Add($"Edge:Listen '{url}' needs Edge:CertificateFile and Edge:CertificateKeyFile.");
            }
        }

        foreach (var text in options.TrustedProxies)
        {
            if (!AddressRange.TryParse(text, out var network) || network.Value.PrefixLength == 0)
            {
                problems.Add($"Edge:TrustedProxies '{text}' must be the network (CIDR) or the address of proxies, such as 10.0.0.0/24; every address there may say who the client is.");
            }
        }

        if (options.MaxRequestBodyBytes <= 0)
        {
            problems.Add("Edge:MaxRequestBodyBytes must be above 0.");
        }

        if (options.StreamIdleTimeout < TimeSpan.FromSeconds(1) || options.StreamIdleTimeout > TimeSpan.FromDays(1))
        {
            problems.Add("Edge:StreamIdleTimeout must be between 1 second and 1 day.");
        }

        if (options.DrainTimeout < TimeSpan.FromSeconds(1) || options.DrainTimeout > TimeSpan.FromMinutes(10))
        {
            problems.Add("Edge:DrainTimeout must be between 1 second and 10 minutes.");
        }

        if (options.MintDeadline <= TimeSpan.Zero || options.MintDeadline > TimeSpan.FromMinutes(1))
        {
            problems.Add("Edge:MintDeadline must be positive and a minute at most.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void Origin(List<string> problems, string key, string value)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
        {
            problems.Add($"{key} is '{value}'; it must be scheme and authority alone, such as https://team.example.com.");
        }
        else if (uri.Scheme == "http" && !Contracts.OAuth.PublicOrigin.IsLoopback(uri.Host))
        {
            problems.Add($"{key} is '{value}'; plain http is only for localhost, 127.0.0.1 and [::1].");
        }
    }
}
