using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>Says everything that is wrong with the identity's settings at once, at start.</summary>
internal sealed class ServiceIdentityOptionsValidator(ServiceName service) : IValidateOptions<ServiceIdentityOptions>
{
    public ValidateOptionsResult Validate(string? name, ServiceIdentityOptions options)
    {
        var errors = new List<string>();
        if (!string.IsNullOrEmpty(options.Name) && options.Name != service.Value)
        {
            errors.Add($"ServiceIdentity:Name is '{options.Name}', but this program is '{service.Value}'. Remove the setting or start the right program.");
        }

        if (string.IsNullOrEmpty(options.KeyFile))
        {
            errors.Add("ServiceIdentity:KeyFile is missing. It is the path of this service's ES256 private key (PEM).");
        }
        else if (!File.Exists(options.KeyFile))
        {
            errors.Add($"ServiceIdentity:KeyFile '{options.KeyFile}' does not exist. Make one with: openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt");
        }

        if (string.IsNullOrEmpty(options.TrustedKeys))
        {
            errors.Add("ServiceIdentity:TrustedKeys is missing. It is the directory of the peers' public keys, {name}.pub.pem.");
        }
        else if (!Directory.Exists(options.TrustedKeys))
        {
            errors.Add($"ServiceIdentity:TrustedKeys '{options.TrustedKeys}' is not a directory.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
